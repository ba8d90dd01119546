"""Two colour maps that people with any kind of colour vision can read, as short lists of colours to blend between.

``SEQUENTIAL`` grows steadily in lightness, so it also reads in grey. ``DIVERGING`` runs from blue over near-white to
orange and is dark at both ends. The browser half of the viewer is handed these same lists.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["DIVERGING", "SEQUENTIAL", "colour_bar", "painted"]

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


def painted(unit: NDArray[np.float64], anchors: tuple[tuple[int, int, int], ...]) -> NDArray[np.uint8]:
    """Colour numbers in [0, 1] by blending linearly between equally spaced colours.

    Args:
        unit: any shape; values outside [0, 1] take the end colours.
        anchors: the colours at 0, ..., 1.

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
