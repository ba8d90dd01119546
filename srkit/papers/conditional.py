"""Training a network that is told the degradation: SRMD's recipe on the ordinary loop.

Every patch gets a kernel of its own. Its code is handed through the loop as additional channels of LR, so that loop,
checkpoints and resuming are those of every other network.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit import models
from srkit.datasets import Pairs, Patches, load
from srkit.datasets.maker import generator_for
from srkit.degrade import draw, gaussian_widths, random_srmd_kernels, srmd_basis, srmd_code, srmd_maps
from srkit.errors import BadInput
from srkit.ops import pixels
from srkit.ops.kernels import delta
from srkit.ops.resize import imresize
from srkit.training.chance import chance
from srkit.training.result import Run
from srkit.training.start import train

__all__ = ["Conditional", "KnownDegradations", "Packed", "prepare_conditional", "train_conditional"]

Family = Literal["round", "anisotropic", "none"]


class Packed(nn.Module):
    """A conditional network that finds what it is told in the channels behind the image.

    Args:
        net: takes ``net(lr, degradation=maps)``.
    """

    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net
        self.scale = int(net.scale)  # type: ignore[arg-type]

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3 + n_codes, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        sr: Tensor = self.net(lr[:, :3], degradation=lr[:, 3:])
        return sr


class KnownDegradations:
    """Batches for SRMD: HR patches, each blurred by a kernel of its own, reduced by bicubic, with noise; and the codes.

    Args:
        pairs: whose HR is used.
        basis: PCA basis ``(components, k*k)``.
        family: ``"round"`` Gaussians with widths in ``widths``, ``"anisotropic"`` ones as SRMD's authors draw them, or
            ``"none"``: no blur, the bicubic reduction alone.
        widths: smallest and largest width of round kernels.
        sigma: largest noise level on the scale 0…255; None leaves the noise map out (SRMDNF).
        patch: side of the HR patch.
        batch: patches in a batch.
        seed: with the step it decides everything.

    Attributes:
        scale: of the pairs.

    Raises:
        BadInput: no such family.
    """

    def __init__(
        self,
        pairs: Pairs,
        basis: Tensor,
        *,
        family: Family = "round",
        widths: tuple[float, float] = (0.2, 2.8),
        sigma: float | None = None,
        patch: int = 96,
        batch: int = 16,
        seed: int = 0,
    ) -> None:
        if family not in ("round", "anisotropic", "none"):
            raise BadInput(f"family={family!r}: kernels are 'round', 'anisotropic' or 'none'.")
        self.scale, self.basis, self.family, self.widths, self.sigma = pairs.scale, basis, family, widths, sigma
        self.seed, self.size = seed, math.isqrt(basis.shape[-1])
        self.margin = -(-(self.size // 2) // self.scale) + 2  # LR pixels that see the patch's rim: kernel, then bicubic
        self._patches = Patches(pairs, patch=patch + 2 * self.margin * self.scale, batch=batch, seed=seed)

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Return LR with its codes ``(n, 3 + n_codes, h, w)`` and HR ``(n, 3, scale*h, scale*w)`` of a step."""
        _, hr = self._patches.batch(step)
        draws = [generator_for(self.seed, step, place) for place in range(len(hr))]
        kernels = torch.stack([self._kernel(rng) for rng in draws])  # (n, size, size)
        lr = pixels.quantise(imresize(_blur_each(hr, kernels), 1 / self.scale))
        lr = pixels.crop_border(lr, self.margin)  # (n, 3, h, w)
        levels = None
        if self.sigma is not None:
            levels = torch.tensor([draw.uniform(rng, 0, self.sigma) for rng in draws])  # (n,)
            noise = torch.stack([draw.normal(rng, lr.shape[1:], lr) for rng in draws])
            lr = lr + noise * levels.view(-1, 1, 1, 1) / 255
        maps = srmd_maps(srmd_code(kernels, self.basis), (lr.shape[-2], lr.shape[-1]), sigma=levels)
        return torch.cat([lr, maps.to(lr)], dim=1), pixels.crop_border(hr, self.margin * self.scale)

    def _kernel(self, rng: torch.Generator) -> Tensor:
        if self.family == "none":
            return delta(self.size)
        if self.family == "round":
            return gaussian_widths(self.size, draw.uniform(rng, *self.widths))
        return random_srmd_kernels(1, rng, size=self.size)[0]


def _blur_each(images: Tensor, kernels: Tensor) -> Tensor:
    """Blur each of ``(n, c, h, w)`` with its own of ``(n, k, k)``, k odd; the border is replicated."""
    n, c, h, w = images.shape
    rim = kernels.shape[-1] // 2
    padded = F.pad(images, (rim,) * 4, mode="replicate").view(1, n * c, h + 2 * rim, w + 2 * rim)
    weights = kernels.to(images).repeat_interleave(c, 0)[:, None]  # (n*c, 1, k, k)
    return F.conv2d(padded, weights, groups=n * c).view(n, c, h, w)


@dataclass(frozen=True)
class Conditional:
    """A trained conditional network.

    Attributes:
        net: takes ``net(lr, degradation=codes)``.
        basis: of its codes.
        run: how it was trained.
    """

    net: nn.Module
    basis: Tensor
    run: Run


def prepare_conditional(
    pairs: Pairs | str | Path,
    *,
    scale: int = 2,
    net: str = "srmdnf",
    family: Family = "round",
    widths: tuple[float, float] = (0.2, 2.8),
    sigma: float | None = None,
    components: int = 15,
    size: int = 15,
    patch: int = 48,
    batch: int = 16,
    seed: int = 0,
    root: str | Path | None = None,
    arguments: dict[str, Any] | None = None,
) -> tuple[Packed, KnownDegradations]:
    """Return what :func:`srkit.train` and ``resume`` need for SRMD: a packed network (``.net`` inside) and batches.

    Their arguments are those of :func:`train_conditional`, which calls this.
    """
    data = load(pairs, scale=scale, root=root) if isinstance(pairs, str | Path) else pairs
    with chance(seed):
        packed = Packed(models.create(net, scale=data.scale, **(arguments or {})))
    basis = srmd_basis(components=components, size=size)
    return packed, KnownDegradations(
        data, basis, family=family, widths=widths, sigma=sigma, patch=patch, batch=batch, seed=seed
    )


def train_conditional(
    pairs: Pairs | str | Path,
    *,
    scale: int = 2,
    steps: int,
    net: str = "srmdnf",
    family: Family = "round",
    widths: tuple[float, float] = (0.2, 2.8),
    sigma: float | None = None,
    components: int = 15,
    size: int = 15,
    patch: int = 48,
    batch: int = 16,
    seed: int = 0,
    learning_rate: float = 1e-3,
    root: str | Path | None = None,
    arguments: dict[str, Any] | None = None,
    **settings: Any,
) -> Conditional:
    """Train SRMD or SRMDNF on random kernels. Train on widths wider than those you will measure on: the edge is weak.

    The authors train on anisotropic kernels and noise up to 75 with patches of 96, learning rate 1e-4 and L2; the
    defaults here are a small version for a CPU.

    Args:
        pairs: a data set, by name, folder or loaded; only HR is used.
        scale: enlargement factor.
        steps: updates.
        net: ``"srmdnf"``, or ``"srmd"`` together with ``sigma``.
        family: as in :class:`KnownDegradations`.
        widths: as in :class:`KnownDegradations`.
        sigma: as in :class:`KnownDegradations`.
        components: length of the kernel's code.
        size: side of the kernels.
        patch: side of the HR patch.
        batch: patches in a batch.
        seed: decides weights, patches and kernels.
        learning_rate: at its highest.
        root: where named data lie.
        arguments: of the network, for example ``{"channels": 32, "depth": 8}``.
        **settings: of :func:`srkit.train`.
    """
    packed, batches = prepare_conditional(
        pairs, scale=scale, net=net, family=family, widths=widths, sigma=sigma, components=components, size=size,
        patch=patch, batch=batch, seed=seed, root=root, arguments=arguments,
    )  # fmt: skip
    run = train(packed, batches, steps=steps, seed=seed, batch=batch, learning_rate=learning_rate, **settings)
    return Conditional(packed.net.eval(), batches.basis, run)
