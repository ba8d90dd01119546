"""Where a result is worst, and the colours that show it."""

from __future__ import annotations

import base64
import io
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from srkit.ops.color import rgb_to_y
from srkit.ops.pixels import quantise, to_uint8

__all__ = ["COLOURS", "Box", "error_levels", "jpeg_uri", "nice_top", "paint", "png_uri", "worst_box"]

COLOURS = ((10, 11, 34), (48, 62, 118), (118, 120, 122), (196, 172, 88), (255, 238, 138))
"""From no error to a large one; lightness rises steadily, so the order survives grey printing and colour blindness."""


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
    """Absolute difference of luma in 8-bit levels.

    Args:
        sr: ``(3, h, w)`` in [0, 1]; rounded to 8 bits before it is compared.
        hr: ``(3, h, w)`` in [0, 1].

    Returns:
        ``(h, w)``, 0 to 219 (luma of ITU-R BT.601 has 219 steps).
    """
    difference = rgb_to_y(quantise(sr).double()) - rgb_to_y(quantise(hr).double())
    return difference.abs().mul(255).reshape(sr.shape[-2:])


def worst_box(errors: Tensor, *, side: int = 64, border: int = 0) -> Box:
    """Find the square with the largest sum of squared errors.

    Args:
        errors: ``(h, w)``, any unit.
        side: pixels of the square, smaller where the image is smaller.
        border: pixels at the edge that are not measured and not searched, where the image is large enough for that.

    Returns:
        The square, the first one from the top left among equals.
    """
    height, width = errors.shape
    inset = border if min(height, width) > 2 * border + 8 else 0
    inner = errors[inset : height - inset, inset : width - inset].double().square()
    tall, wide = min(side, inner.shape[0]), min(side, inner.shape[1])
    sums = torch.zeros(inner.shape[0] + 1, inner.shape[1] + 1, dtype=torch.float64)
    sums[1:, 1:] = inner.cumsum(0).cumsum(1).cpu()
    totals = sums[tall:, wide:] - sums[:-tall, wide:] - sums[tall:, :-wide] + sums[:-tall, :-wide]
    place = int(totals.argmax())
    return Box(place // totals.shape[1] + inset, place % totals.shape[1] + inset, tall, wide)


def nice_top(*maps: Tensor) -> int:
    """Return the end of a colour scale for all ``maps``: the power of two that 99.5 % of each map stays below."""
    tops = [float(np.quantile(one.cpu().numpy(), 0.995)) for one in maps]
    return next(level for level in (4, 8, 16, 32, 64, 128, 256) if level >= min(max(tops), 256))


def paint(errors: Tensor, top: float) -> Tensor:
    """Turn errors into colours.

    Args:
        errors: ``(h, w)``, 0 and up.
        top: the error that gets the last colour; larger ones get it too.

    Returns:
        uint8 ``(3, h, w)``.
    """
    stops = np.linspace(0, 1, len(COLOURS))
    at = (errors / top).clamp(0, 1).cpu().numpy()
    channels = [np.interp(at, stops, [colour[channel] for colour in COLOURS]) for channel in range(3)]
    return torch.from_numpy(np.stack(channels).round().astype(np.uint8))


def png_uri(image: Tensor) -> str:
    """Return a picture as a ``data:`` address, lossless; ``image`` is ``(3, h, w)``, uint8 or floats in [0, 1]."""
    return _uri(image, "png", optimize=True)


def jpeg_uri(image: Tensor, *, side: int) -> str:
    """Return a small preview, at most ``side`` pixels wide and high, as a ``data:`` address."""
    return _uri(image, "jpeg", side=side, quality=85)


def _uri(image: Tensor, kind: str, *, side: int | None = None, **options: object) -> str:
    pixels = image if image.dtype == torch.uint8 else to_uint8(image)
    picture = Image.fromarray(pixels.permute(1, 2, 0).contiguous().cpu().numpy())
    if side is not None:
        picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return f"data:image/{kind};base64,{base64.b64encode(buffer.getvalue()).decode('ascii')}"
