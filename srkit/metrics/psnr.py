"""Peak signal-to-noise ratio."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.metrics._registry import register_metric
from srkit.metrics.protocol import Protocol, prepare

__all__ = ["psnr", "psnr_of_planes"]


@register_metric("psnr")
def psnr(sr: Tensor, hr: Tensor, *, protocol: Protocol | None = None) -> float | Tensor:
    """Return the PSNR in decibels: 20 log10(255) - 10 log10(mean squared difference of the levels), in float64.

    Args:
        sr: ``(3, h, w)`` or ``(b, 3, h, w)`` in [0, 1]; one channel for images that are stored grey.
        hr: the truth, of the same shape.
        protocol: the conditions; ``Protocol()`` (Y, 8 bits, no border) where it is left out. The papers' tables use
            ``Protocol.papers(scale)``.

    Returns:
        A float for one image, a tensor ``(b,)`` for a batch; infinity where the images agree.

    Raises:
        BadInput: different shapes, NaN, or nothing left inside the border.
    """
    a, b, _ = prepare(sr, hr, protocol)
    values = psnr_of_planes(a, b)  # (b,)
    return float(values) if sr.ndim == 3 else values


def psnr_of_planes(a: Tensor, b: Tensor) -> Tensor:
    """Return the PSNR of planes ``(b, c, h, w)`` in levels 0…255, ``(b,)``."""
    difference = (a - b).flatten(1)  # (b, c * h * w)
    mean_square = difference.square_().mean(dim=1)  # (b,)
    return 10 * torch.log10(255.0**2 / mean_square)
