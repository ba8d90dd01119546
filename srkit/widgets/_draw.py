"""Small pictures drawn pixel by pixel: bars, frames, curves, maps in colour. What comes out is uint8."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from srkit.errors import BadInput
from srkit.ops.colours import DIVERGING, SEQUENTIAL, painted
from srkit.widgets._frame import frames

__all__ = ["bars", "framed", "map_scale", "one_picture", "picture_of_map", "plotted", "sheet", "signed_picture"]

Pixels = NDArray[np.uint8]
BAR, GROUND = (32, 110, 190), (247, 247, 247)


def one_picture(thing: Tensor, name: str) -> Pixels:
    """Return ``(h, w, 3)`` of one image in [0, 1]."""
    found = frames(thing, name=name)
    if len(found) != 1:
        raise BadInput(f"{name} is a batch of {len(found)} pictures; hand in one, (3, h, w).")
    pixels = found[0].pixels
    return pixels if pixels.ndim == 3 else np.repeat(pixels[..., None], 3, axis=2)


def picture_of_map(values: Tensor, *, top: float | None = None) -> Pixels:
    """Paint ``(h, w)`` from 0 (dark) to ``top``, by default the largest value (bright)."""
    numbers = values.detach().double().cpu().numpy()
    return painted(numbers / (top or max(float(numbers.max()), 1e-300)), SEQUENTIAL)


def map_scale(values: Tensor, *, top: float | None = None) -> str:
    """Return the scale of :func:`picture_of_map` in words."""
    return f"scale from 0 (dark) to {top or float(values.max()):.3g} (bright)"


def signed_picture(values: Tensor, *, top: float) -> Pixels:
    """Paint ``(h, w)`` from ``-top`` (blue) over 0 (near white) to ``top`` (orange)."""
    return painted(0.5 + 0.5 * values.detach().double().cpu().numpy() / max(top, 1e-300), DIVERGING)


def framed(pixels: Pixels, box: tuple[int, int, int, int], colour: tuple[int, int, int] = (255, 64, 0)) -> Pixels:
    """Return ``(h, w, 3)`` with the outline of ``(top, left, bottom, right)``, ends included, cut at the edges."""
    drawn = pixels.copy()
    height, width = drawn.shape[:2]
    top, left, bottom, right = (
        max(0, min(value, limit - 1)) for value, limit in zip(box, (height, width, height, width), strict=True)
    )
    drawn[[top, bottom], left : right + 1] = colour
    drawn[top : bottom + 1, [left, right]] = colour
    return drawn


def sheet(pictures: Tensor, *, top: float, columns: int) -> Pixels:
    """Lay signed maps ``(n, h, w)`` side by side, ``columns`` per row, with a grey line around each."""
    n, h, w = pictures.shape
    rows = -(-n // columns)
    laid = np.full((rows * (h + 1) + 1, columns * (w + 1) + 1, 3), 128, dtype=np.uint8)
    for number, one in enumerate(signed_picture(pictures, top=top)):
        y, x = 1 + (number // columns) * (h + 1), 1 + (number % columns) * (w + 1)
        laid[y : y + h, x : x + w] = one
    return laid


def bars(values: Tensor, *, top: float = 1.0, height: int = 100, width: int = 4) -> Pixels:
    """Draw ``(n,)`` values from 0 to ``top`` as bars on a light ground, ``(height, n*width, 3)``."""
    drawn = np.full((height, len(values) * width, 3), GROUND, dtype=np.uint8)
    for number, value in enumerate(values.detach().double().tolist()):
        full = round(height * min(max(value / top, 0.0), 1.0))
        if full:
            drawn[height - full :, number * width : (number + 1) * width - 1] = BAR
    drawn[height // 2, ::2] = (150, 150, 150)
    return drawn


def plotted(values: Tensor, *, low: float, high: float, height: int = 120, width: int = 240) -> Pixels:
    """Draw ``(n,)`` samples as a line on a light ground, with a grey line at zero where it is in range."""
    drawn = np.full((height, width, 3), GROUND, dtype=np.uint8)

    def row(value: float) -> int:
        return round((height - 1) * (1 - min(max((value - low) / (high - low), 0.0), 1.0)))

    if low < 0 < high:
        drawn[row(0.0), ::2] = (150, 150, 150)
    place = torch.linspace(0, len(values) - 1, width)
    lower, share = place.floor().long(), place.frac()
    upper = (lower + 1).clamp_max(len(values) - 1)
    samples = values[lower].cpu() * (1 - share) + values[upper].cpu() * share
    before = row(float(samples[0]))
    for column, value in enumerate(samples.tolist()):
        now = row(value)
        drawn[min(before, now) : max(before, now) + 1, column] = BAR
        before = now
    return drawn
