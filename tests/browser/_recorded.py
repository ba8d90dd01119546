"""Screenshots beside recorded ones, with a tolerance for other fonts and for other ways to smooth an edge."""

from __future__ import annotations

import io
import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

RECORDED = Path(__file__).parent / "recorded"
BLOCK, MOST_SHIFT = 8, 16  # pixels
LEVELS, SHARE = 24, 0.03


def looks_as_recorded(screenshot: bytes, name: str) -> bool:
    """Say whether a screenshot looks like the one of that name; ``SRKIT_RECORD=1`` records it: look before committing.

    Their sizes may differ by 16 pixels, and three in a hundred squares of 8 x 8 pixels by more than 24 levels.
    """
    shown = Image.open(io.BytesIO(screenshot)).convert("RGB")
    path = RECORDED / f"{name}.webp"
    if os.environ.get("SRKIT_RECORD"):
        shown.save(path, quality=80, method=6)
    recorded = Image.open(path).convert("RGB")
    if max(abs(one - other) for one, other in zip(shown.size, recorded.size, strict=True)) > MOST_SHIFT:
        return False
    h, w = (min(sides) // BLOCK * BLOCK for sides in zip(shown.size[::-1], recorded.size[::-1], strict=True))
    ours, theirs = (_means(np.asarray(picture)[:h, :w]) for picture in (shown, recorded))
    return bool(np.mean(np.abs(ours - theirs).max(axis=-1) > LEVELS) <= SHARE)


def _means(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    h, w = pixels.shape[:2]
    squares = pixels.reshape(h // BLOCK, BLOCK, w // BLOCK, BLOCK, 3)
    means: NDArray[np.float64] = squares.mean(axis=(1, 3))
    return means
