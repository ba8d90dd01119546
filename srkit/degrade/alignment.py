"""The centre of mass of a kernel, and shifting it; a misalignment of half a pixel costs about a decibel.

Keeping every ``scale``-th pixel, the first included, puts LR pixel 0 onto HR pixel 0. Bicubic enlargement assumes it in
the middle of the first block, at HR coordinate ``(scale - 1) / 2``. A kernel whose weight is moved there ("aligned")
makes LR images that a plain enlargement registers with HR (KernelGAN, ZSSR, USRNet); a centred one does not (IKC, DAN,
KXNet), and the network learns the shift.
"""

from __future__ import annotations

import math
from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.errors import BadInput
from srkit.ops.check import describe
from srkit.ops.device import exact

__all__ = ["Operation", "align", "aligned_centre", "centre_of_mass", "keys_cubic", "on_grid", "shift"]

Operation = Literal["correlation", "convolution"]


def centre_of_mass(kernel: Tensor) -> tuple[float, float]:
    """Return (row, column) of the kernel's centre of mass, the first pixel at (0, 0)."""
    if kernel.ndim != 2 or not float(kernel.detach().sum().abs()) > 0:
        raise BadInput(f"A centre of mass needs a matrix whose sum is not 0; {describe(kernel)} was given.")
    k = exact(kernel.detach())
    rows, columns = (torch.arange(n, dtype=torch.float64, device=k.device) for n in k.shape)
    return float((k.sum(1) * rows).sum() / k.sum()), float((k.sum(0) * columns).sum() / k.sum())


def aligned_centre(size: int, scale: int, *, by: Operation) -> float:
    """Return where the weight of a kernel of side ``size`` must lie for ``[::scale]`` to be registered with bicubic.

    Args:
        by: how the kernel is applied: as it is (correlation), or turned by 180 degrees (convolution).
    """
    towards = 1 if by == "correlation" else -1
    return size // 2 + towards * (scale - 1) / 2


def align(kernel: Tensor, scale: int, *, by: Operation = "correlation") -> Tensor:
    """Return ``kernel`` moved (and padded, so that nothing is lost) to its aligned centre.

    Args:
        kernel: ``(k, k)``, wherever its weight lies.
        scale: reduction factor, a whole number.
        by: how the kernel will be applied.

    Raises:
        BadInput: no square matrix, a scale that is no whole number of at least 1, an unknown ``by``.
    """
    if isinstance(scale, bool) or scale != int(scale) or scale < 1:
        raise BadInput(f"Kernels are aligned to a whole scale, 1 or more; {scale!r} was given.")
    if by not in ("correlation", "convolution"):
        raise BadInput(f"A kernel is applied by 'correlation' or by 'convolution', not by {by!r}.")
    if kernel.ndim != 2 or kernel.shape[0] != kernel.shape[1]:
        raise BadInput(f"A kernel is a square matrix (k, k); {describe(kernel)} was given.")
    size = kernel.shape[-1]
    wanted = aligned_centre(size, int(scale), by=by)
    row, column = centre_of_mass(kernel)
    return shift(kernel, wanted - row, wanted - column)


def shift(kernel: Tensor, down: float, right: float) -> Tensor:
    """Move a kernel by a fraction of a pixel, on a larger grid with the same middle; its sum is kept.

    Keys' cubic interpolation moves the centre of mass by exactly what is asked and leaves the variance as it was.
    Moving by whole pixels changes no value.

    Returns:
        ``(k + 2p, k + 2p)`` with the padding p that holds what was moved.
    """
    if kernel.ndim != 2 or not (math.isfinite(down) and math.isfinite(right)):
        raise BadInput(f"A matrix and two finite shifts are needed; {describe(kernel)}, {down}, {right} were given.")
    reach = max(abs(down), abs(right))
    if reach < 1e-12:
        return kernel
    margin = math.ceil(reach) + (0 if down == int(down) and right == int(right) else 1)
    padded = torch.nn.functional.pad(kernel, (margin,) * 4)  # (k + 2p, k + 2p)
    moved = _band(padded.shape[0], down, padded) @ padded @ _band(padded.shape[1], right, padded).T
    return moved * (kernel.sum() / moved.sum())


def on_grid(kernel: Tensor, size: int) -> Tensor:
    """Return ``kernel`` with its centre of mass in the middle of an empty grid ``(size, size)``.

    Weight that falls outside is cut off and not made up for.
    """
    if size < 1 or size % 2 == 0:
        raise BadInput(f"A grid has an odd side; {size} was given.")
    k = exact(kernel.detach())
    side = k.shape[-1]
    if side % 2 == 0:
        k, side = F.pad(k, (0, 1, 0, 1)), side + 1
    row, column = centre_of_mass(k)
    k = shift(k, (side - 1) / 2 - row, (side - 1) / 2 - column)  # its side stays odd
    excess = (k.shape[-1] - size) // 2
    return F.pad(k, (-excess,) * 4)  # (size, size)


def _band(n: int, by: float, like: Tensor) -> Tensor:
    """Return the matrix ``(n, n)`` that moves ``n`` samples by ``by`` places."""
    place = torch.arange(n, dtype=like.dtype, device=like.device)
    return keys_cubic(place[:, None] - by - place[None, :])  # (n, n)


def keys_cubic(distance: Tensor) -> Tensor:
    """Return what Keys' cubic (a = -1/2) weighs a sample at each distance, in pixels; 0 from two pixels on."""
    at = distance.abs()
    near, far = 1.5 * at**3 - 2.5 * at**2 + 1, -0.5 * at**3 + 2.5 * at**2 - 4 * at + 2
    return torch.where(at <= 1, near, torch.where(at < 2, far, torch.zeros_like(at)))
