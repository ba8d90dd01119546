"""Where a result is worst, and the colours that show it."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from srkit.ops.color import rgb_to_y
from srkit.ops.device import exact
from srkit.ops.pixels import quantise

__all__ = ["Box", "error_levels", "worst_box"]


class Box(NamedTuple):
    """A rectangle in HR pixels."""

    top: int
    left: int
    height: int
    width: int

    def of(self, image: Tensor) -> Tensor:
        """Cut this rectangle out of ``(..., h, w)``."""
        return image[..., self.top : self.top + self.height, self.left : self.left + self.width]


def error_levels(sr: Tensor, hr: Tensor) -> Tensor:
    """Return the difference of luma in 8-bit levels, ``sr - hr``.

    Args:
        sr: ``(3, h, w)`` in [0, 1]; rounded to 8 bits before it is compared.

    Returns:
        ``(h, w)`` float64, -219 to 219 (luma of ITU-R BT.601 has 219 steps).
    """
    difference = rgb_to_y(exact(quantise(sr))) - rgb_to_y(exact(quantise(hr)))
    return difference.mul(255).reshape(sr.shape[-2:])


def worst_box(errors: Tensor, *, side: int = 64, border: int = 0) -> Box:
    """Find the square with the largest sum of squared errors.

    Args:
        border: pixels at the edge that are not measured and not searched, where the image is large enough for that.

    Returns:
        The square, the first one from the top left among equals.
    """
    height, width = errors.shape
    inset = border if min(height, width) > 2 * border + 8 else 0
    inner = exact(errors[inset : height - inset, inset : width - inset]).square()
    tall, wide = min(side, inner.shape[0]), min(side, inner.shape[1])
    sums = torch.zeros(inner.shape[0] + 1, inner.shape[1] + 1, dtype=torch.float64)
    sums[1:, 1:] = inner.cumsum(0).cumsum(1).cpu()
    totals = sums[tall:, wide:] - sums[:-tall, wide:] - sums[tall:, :-wide] + sums[:-tall, :-wide]
    place = int(totals.argmax())
    return Box(place // totals.shape[1] + inset, place % totals.shape[1] + inset, tall, wide)
