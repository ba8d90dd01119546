"""Blur kernels: square, non-negative, adding up to 1, float64, ready for :func:`srkit.ops.filters.correlate`."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.errors import BadInput

__all__ = ["box", "delta", "disk", "gaussian", "laid_round"]


def laid_round(kernel: Tensor, size: tuple[int, int]) -> Tensor:
    """Lay kernels ``(…, kh, kw)`` on zeros ``(…, *size)`` with their middle on the first pixel, round the edges.

    The Fourier transform of the result is that of the blur with wrapped borders.
    """
    h, w = kernel.shape[-2:]
    padded = F.pad(kernel, (0, size[1] - w, 0, size[0] - h))  # (…, *size)
    return padded.roll((-(h // 2), -(w // 2)), dims=(-2, -1))


def delta(size: int) -> Tensor:
    """Return the kernel ``(size, size)`` that changes nothing: 1 in the middle.

    Raises:
        BadInput: an even size, which has no middle.
    """
    _check_size(size, odd=True)
    kernel = torch.zeros(size, size, dtype=torch.float64)
    kernel[size // 2, size // 2] = 1
    return kernel


def box(size: int) -> Tensor:
    """Return the mean over ``size`` x ``size`` pixels."""
    _check_size(size)
    return torch.full((size, size), 1 / size**2, dtype=torch.float64)


def gaussian(size: int, *, sigma_x: float, sigma_y: float | None = None, theta: float = 0.0) -> Tensor:
    """Return a Gaussian ``(size, size)``, round or stretched and turned.

    Args:
        size: side in pixels; about six times the larger sigma holds all of it.
        sigma_x: standard deviation in pixels along the first axis of the ellipse (horizontal where ``theta`` is 0).
        sigma_y: the same along the second axis; equal to ``sigma_x`` where it is left out.
        theta: angle in radians by which the ellipse is turned, from the x axis (to the right) towards the y axis
            (down).

    Raises:
        BadInput: a size below 1, or a sigma that is not positive.

    Source: K. Zhang et al., "Learning a Single Convolutional Super-Resolution Network for Multiple Degradations", CVPR
    2018, section 3.2 (isotropic and anisotropic Gaussian kernels).
    """
    _check_size(size)
    sigma_y = sigma_x if sigma_y is None else sigma_y
    if not all(s > 0 and math.isfinite(s) for s in (sigma_x, sigma_y)):
        raise BadInput(f"A Gaussian needs positive sigmas; got sigma_x={sigma_x} and sigma_y={sigma_y}.")
    y, x = grid(size)
    along, across = x * math.cos(theta) + y * math.sin(theta), y * math.cos(theta) - x * math.sin(theta)
    exponent = -0.5 * ((along / sigma_x) ** 2 + (across / sigma_y) ** 2)
    kernel = torch.exp(exponent - exponent.max())  # the largest value is 1, however narrow the Gaussian
    return kernel / kernel.sum()


def disk(radius: float, *, size: int | None = None, samples: int = 16) -> Tensor:
    """Return the blur of a lens out of focus: the share of each pixel that a disk covers.

    Args:
        radius: in pixels, positive.
        size: side of the kernel; the smallest odd one that holds the disk where it is left out.
        samples: each pixel is cut into ``samples`` x ``samples`` points that lie inside or outside.

    Raises:
        BadInput: a radius that is not positive, or a size below 1.
    """
    if not (radius > 0 and math.isfinite(radius)):
        raise BadInput(f"A disk needs a positive radius; got {radius}.")
    side = 2 * math.ceil(radius - 0.5) + 1 if size is None else size
    _check_size(side)
    y, x = grid(side * samples)
    inside = ((x**2 + y**2) <= (radius * samples) ** 2).double()
    kernel = inside.reshape(side, samples, side, samples).mean(dim=(1, 3))  # (side, side)
    return kernel / kernel.sum()


def grid(size: int) -> tuple[Tensor, Tensor]:
    """Return rows and columns ``(size, size)`` counted from the middle of a kernel, in pixels."""
    centred = torch.arange(size, dtype=torch.float64) - (size - 1) / 2
    y, x = torch.meshgrid(centred, centred, indexing="ij")
    return y, x


def _check_size(size: int, *, odd: bool = False) -> None:
    if size < 1 or (odd and size % 2 == 0):
        raise BadInput(f"A kernel of side {size} cannot be made; use {'an odd number' if odd else '1 or more'}.")
