"""KernelGAN's losses of the kernel, and the schedule of their weights.

S. Bell-Kligler, A. Shocher, M. Irani, NeurIPS 2019, section 4.1 and its supplement; the weights and their schedule are
those of the authors' program.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.degrade.kernels import bicubic_kernel
from srkit.errors import BadInput

__all__ = [
    "Schedule",
    "Target",
    "bicubic_difference",
    "boundary",
    "boundary_mask",
    "off_centre",
    "sparsity",
    "sum_to_one",
    "verdict",
]

Target = Literal["channel", "sum"]


def verdict(scores: Tensor, *, real: bool, norm: Literal["l1", "l2"] = "l1") -> Tensor:
    """Return how far patch scores ``(…)`` are from 1 (``real``) or 0: least squares GAN with the authors' L1 distance.

    ``"l2"`` is the distance of X. Mao et al., "Least Squares Generative Adversarial Networks", ICCV 2017.
    """
    distance = scores - (1.0 if real else 0.0)
    return distance.abs().mean() if norm == "l1" else distance.square().mean()


def bicubic_difference(image: Tensor, small: Tensor, *, target: Target = "channel") -> Tensor:
    """Return the mean squared difference of ``small`` to the bicubic reduction of ``image``, registered with it.

    Args:
        small: what a kernel of 13 x 13 made of it at stride 2, ``(1, c, (h - 11) // 2, (w - 11) // 2)``.
        target: ``"channel"`` compares each channel with its own reduction. ``"sum"`` is the authors' released program,
            which compares each with the sum of all channels' reductions: grey of 0.5 should become 1.5.
    """
    if target not in ("channel", "sum"):
        raise BadInput(f"target is 'channel' or 'sum'; {target!r} was given.")
    margin = 3  # 13 taps centred half a pixel to the right of their middle, 8 taps centred in theirs
    kernel = bicubic_kernel(2).to(image)[None, None]  # (1, 1, 8, 8)
    reduced = F.conv2d(image.transpose(0, 1)[..., margin:, margin:], kernel, stride=2).transpose(0, 1)
    if target == "sum":
        reduced = reduced.sum(1, keepdim=True)  # (1, 1, …)
    return (small - reduced[..., : small.shape[-2], : small.shape[-1]]).square().mean()


def sum_to_one(kernel: Tensor) -> Tensor:
    """Return by how much the sum of ``(k, k)`` misses 1."""
    return (1 - kernel.sum()).abs()


def boundary_mask(size: int, *, strength: float = 30.0) -> Tensor:
    """Return the weights ``(size, size)`` with which values near the rim are punished; 0 in the middle."""
    at = torch.arange(size, dtype=torch.float64) - (size - 1) / 2
    bell = torch.exp(-(at**2) / (2 * size**2))
    mask = strength * (1 - bell[:, None] * bell[None, :] / bell.max() ** 2)
    margin = (size - (size // 2 + size % 2)) // 2 - 1
    mask[margin : size - margin, margin : size - margin] = 0
    return mask


def boundary(kernel: Tensor, mask: Tensor) -> Tensor:
    """Return the mean of ``(k, k)`` weighted by :func:`boundary_mask`, in absolute value."""
    return (kernel * mask.to(kernel)).abs().mean()


def off_centre(kernel: Tensor, *, scale: int = 2) -> Tensor:
    """Return the mean squared distance of the centre of mass of ``(k, k)``, k odd, from where it is registered."""
    size = kernel.shape[-1]
    place = torch.arange(size, dtype=kernel.dtype, device=kernel.device)
    found = torch.stack([kernel.sum(1) @ place, kernel.sum(0) @ place]) / kernel.sum()
    return (found - (size // 2 + (scale - 1) / 2)).square().mean()


def sparsity(kernel: Tensor, *, power: float = 0.2) -> Tensor:
    """Return the mean of the values' absolute ``power``, which is small where few values are not 0."""
    return (kernel.abs() ** power).mean()


@dataclass
class Schedule:
    """The weights of the losses, and when they change.

    While the reduction does not resemble bicubic (difference below ``similar``, three steps running), it is pulled
    there. From then on the weight of that loss falls a hundredfold at every ``every``-th step; when it first is below
    5e-3, the centre and sparsity are asked for.
    """

    every: int = 200  # steps between changes
    similar: float = 0.4  # below this difference the reduction resembles bicubic
    bicubic: float = 5.0  # weight of :func:`bicubic_difference`
    centre: float = 0.0  # weight of :func:`off_centre`
    sparse: float = 0.0  # weight of :func:`sparsity`
    sum_to_one: float = 0.5  # weight of :func:`sum_to_one`
    boundary: float = 0.5  # weight of :func:`boundary`
    _running: int = field(default=0, repr=False)

    def after(self, step: int, difference: float) -> None:
        """Change the weights after step number ``step``, counted from 0, which had this bicubic difference."""
        if step == 0:
            return
        if self._running < 3:
            self._running = self._running + 1 if difference < self.similar else 0
        elif step % self.every == 0 and self.bicubic > 5e-6:
            self.bicubic = max(self.bicubic / 100, 5e-6)
            if self.bicubic < 5e-3 and math.isclose(self.sparse, 0):
                self.centre, self.sparse = 1.0, 5.0

    def total(self, kernel: Tensor, difference: Tensor, mask: Tensor) -> Tensor:
        """Return the weighted sum of the losses of ``kernel`` (13 x 13)."""
        asked = self.bicubic * difference + self.sum_to_one * sum_to_one(kernel)
        asked = asked + self.boundary * boundary(kernel, mask)
        if self.sparse:
            asked = asked + self.centre * off_centre(kernel) + self.sparse * sparsity(kernel)
        return asked
