"""Structural similarity."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from srkit.errors import BadInput
from srkit.metrics._registry import register_metric
from srkit.metrics.protocol import Protocol, planes, prepare
from srkit.ops.statistics import ssim_map

__all__ = ["ssim", "ssim_seen"]

WINDOW = 11
STRIP = 128


@register_metric("ssim", title="SSIM")
def ssim(sr: Tensor, hr: Tensor, *, protocol: Protocol | None = None) -> float | Tensor:
    """Return the mean structural similarity, in float64; of RGB, the mean over the channels.

    The window is the paper's: a Gaussian of 11 x 11 pixels with sigma 1.5, only where it fits; constants 0.01 and 0.03.

    Args:
        sr: ``(3, h, w)`` or ``(b, 3, h, w)`` in [0, 1]; one channel for images that are stored grey.
        hr: the truth, of the same shape.
        protocol: the conditions; ``Protocol()`` (Y, 8 bits, no border) where it is left out. The papers' tables use
            ``Protocol.papers(scale)``.

    Returns:
        A float for one image, a tensor ``(b,)`` for a batch; 1 where the images agree.

    Raises:
        BadInput: different shapes, NaN, or fewer than 11 x 11 pixels inside the border.

    Source: see :func:`srkit.ops.statistics.ssim_map`.
    """
    a, b, used = prepare(sr, hr, protocol)
    if min(a.shape[-2:]) < WINDOW:
        raise BadInput(
            f"SSIM looks through a window of {WINDOW} x {WINDOW} pixels, and {a.shape[-2]} x {a.shape[-1]} are left of "
            f"{tuple(sr.shape)} inside a border of {used.border}."
        )
    values = ssim_seen(a, b, partial(planes, protocol=used))  # (b,)
    return float(values) if sr.ndim == 3 else values


def ssim_seen(a: Tensor, b: Tensor, view: Callable[[Tensor], Tensor]) -> Tensor:
    """Return the mean SSIM ``(b,)`` of batches ``(b, c, h, w)``, of which ``view`` makes planes in levels 0…255.

    The images are taken in strips of rows that stay in the processor's cache.
    """
    total = torch.zeros(len(a), dtype=torch.float64, device=a.device)
    count, places = 0, a.shape[-2] - WINDOW + 1
    for top in range(0, places, STRIP):
        rows = slice(top, min(top + STRIP, places) + WINDOW - 1)
        values = ssim_map(view(a[..., rows, :]), view(b[..., rows, :]), window=WINDOW, peak=255.0).flatten(1)
        total += values.sum(dim=1)
        count += values.shape[1]
    return total / count
