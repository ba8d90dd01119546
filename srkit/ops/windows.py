"""One-dimensional weights: the Gaussian of SSIM and of blurs, and ramps that blend overlapping tiles."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from srkit.errors import BadInput

__all__ = ["blending_window", "gaussian_window"]


def gaussian_window(size: int, sigma: float, *, dtype: torch.dtype = torch.float64) -> Tensor:
    """Return ``size`` samples of a Gaussian centred in the window, ``(size,)``, that add up to 1.

    Args:
        size: number of samples, 1 or more.
        sigma: standard deviation in samples, positive.
        dtype: type of the result.

    Raises:
        BadInput: a size below 1 or a sigma that is not positive.
    """
    if size < 1 or not (sigma > 0 and math.isfinite(sigma)):
        raise BadInput(f"A Gaussian window needs a size of 1 or more and a positive sigma; got {size} and {sigma}.")
    x = torch.arange(size, dtype=torch.float64) - (size - 1) / 2
    weights = torch.exp(-(x**2) / (2 * sigma**2))
    return (weights / weights.sum()).to(dtype)


def blending_window(size: int, overlap: int, *, first: bool = False, last: bool = False) -> Tensor:
    """Return the weights ``(size,)`` of a tile that overlaps its neighbours by ``overlap`` samples on each side.

    The ramps are raised cosines: where two tiles overlap, their weights add up to 1.

    Args:
        size: length of the tile.
        overlap: length of each ramp.
        first: the tile begins at the edge of the image, so it has no ramp there.
        last: the tile ends at the edge of the image.

    Raises:
        BadInput: a negative overlap, or two ramps that do not fit into the tile.
    """
    if overlap < 0 or 2 * overlap > size:
        raise BadInput(f"A tile of {size} cannot have ramps of {overlap} on both sides; at most {size // 2}.")
    weights = torch.ones(size, dtype=torch.float64)
    ramp = 0.5 - 0.5 * torch.cos(torch.pi * (torch.arange(overlap, dtype=torch.float64) + 0.5) / max(overlap, 1))
    if not first:
        weights[:overlap] = ramp
    if not last:
        weights[size - overlap :] = ramp.flip(0)
    return weights
