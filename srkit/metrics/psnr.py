"""Peak signal-to-noise ratio."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from srkit.metrics._registry import register_metric
from srkit.metrics.protocol import Protocol, planes, prepare

__all__ = ["psnr", "psnr_seen"]

STRIP = 64


@register_metric("psnr", title="PSNR", unit="dB", digits=2)
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
    a, b, used = prepare(sr, hr, protocol)
    values = psnr_seen(a, b, partial(planes, protocol=used))  # (b,)
    return float(values) if sr.ndim == 3 else values


def psnr_seen(a: Tensor, b: Tensor, view: Callable[[Tensor], Tensor]) -> Tensor:
    """Return the PSNR ``(b,)`` of batches ``(b, c, h, w)``, of which ``view`` makes planes in levels 0…255.

    The images are taken in strips of rows that stay in the processor's cache.
    """
    total = torch.zeros(len(a), dtype=torch.float64, device=a.device)
    count = 0
    for top in range(0, a.shape[-2], STRIP):
        rows = slice(top, top + STRIP)
        difference = (view(a[..., rows, :]) - view(b[..., rows, :])).flatten(1)  # (b, c * rows * w)
        total += difference.square_().sum(dim=1)
        count += difference.shape[1]
    return 10 * torch.log10(255.0**2 * count / total)
