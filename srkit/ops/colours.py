"""Painting numbers: two colour maps, the scale of an error map, and pictures as addresses that a page can hold.

``SEQUENTIAL`` grows steadily in lightness, so it also reads in grey. ``DIVERGING`` runs from blue over near-white to
orange and is dark at both ends. People with any kind of colour vision can read both. The browser half of the viewer is
handed these same lists.
"""

from __future__ import annotations

import base64
import io
import math

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "DIVERGING",
    "SEQUENTIAL",
    "colour_bar",
    "data_uri",
    "jpeg_uri",
    "nice_ceiling",
    "nice_top",
    "painted",
    "png_bytes",
    "uri",
]

SEQUENTIAL = ((8, 8, 32), (16, 52, 110), (48, 110, 140), (110, 160, 120), (214, 190, 70), (255, 250, 190))
DIVERGING = (
    (12, 44, 110),
    (50, 116, 190),
    (150, 196, 230),
    (247, 247, 247),
    (250, 190, 120),
    (222, 112, 20),
    (120, 50, 0),
)


def painted(unit: NDArray[np.float64], anchors: tuple[tuple[int, int, int], ...] = SEQUENTIAL) -> NDArray[np.uint8]:
    """Colour numbers in [0, 1] by blending linearly between equally spaced colours.

    Args:
        unit: any shape; values outside [0, 1] take the end colours.

    Returns:
        uint8 of the same shape with a last axis of three.
    """
    position = np.clip(unit, 0.0, 1.0) * (len(anchors) - 1)
    low = np.minimum(position.astype(np.int64), len(anchors) - 2)
    table = np.asarray(anchors, dtype=np.float64)
    mix = (position - low)[..., None]
    blended: NDArray[np.float64] = table[low] * (1 - mix) + table[low + 1] * mix
    return np.floor(blended + 0.5).astype(np.uint8)


def colour_bar(anchors: tuple[tuple[int, int, int], ...], *, width: int = 160, height: int = 12) -> NDArray[np.uint8]:
    """Return a horizontal strip ``(height, width, 3)`` that runs through the map from left to right."""
    return np.repeat(painted(np.linspace(0, 1, width), anchors)[None], height, axis=0)


def nice_ceiling(value: float) -> float:
    """Return the smallest of 1, 2, 5, 10, 20, 50, ... that is not below ``value``."""
    if not value > 1:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= value)


def nice_top(*maps: NDArray[np.float64]) -> float:
    """Return the end of one colour scale for all ``maps``: a nice number that 99.5 % of each map stays below."""
    return nice_ceiling(max(float(np.quantile(np.abs(one), 0.995)) for one in maps))


def png_bytes(pixels: NDArray[np.uint8]) -> bytes:
    """Encode ``(h, w, 3)`` or ``(h, w)`` uint8 pixels as a PNG file, without loss."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="PNG", compress_level=6)
    return buffer.getvalue()


def data_uri(pixels: NDArray[np.uint8]) -> str:
    """Return the pixels as an address that holds the whole PNG file, so that a page needs nothing beside it."""
    return uri(png_bytes(pixels), "png")


def jpeg_uri(pixels: NDArray[np.uint8], *, side: int) -> str:
    """Return a small preview of ``(h, w, 3)``, at most ``side`` pixels wide and high, as such an address."""
    from PIL import Image

    picture = Image.fromarray(pixels)
    picture.thumbnail((side, side), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, format="JPEG", quality=85)
    return uri(buffer.getvalue(), "jpeg")


def uri(file: bytes, kind: str) -> str:
    """Return the content of a picture file (``"png"``, ``"jpeg"``) as a ``data:`` address."""
    return f"data:image/{kind};base64,{base64.b64encode(file).decode('ascii')}"
