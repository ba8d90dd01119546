"""Pictures for the pages: decoded from plain numbers, checked, and encoded afresh; nothing of a file gets through."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from srkit._html import render
from srkit.ops.colours import data_uri, painted

__all__ = ["LARGEST", "error_map", "pixels", "triptych"]

Pixels = NDArray[np.uint8]
LARGEST = 2**22  # values; more is not shown
SIDE = 192  # pixels on the page of the longer side, enlarged without smoothing


def pixels(picture: Any) -> Pixels | None:
    """Return ``(h, w)`` or ``(h, w, 3)`` 8-bit pixels, or None where the data are no picture that can be shown.

    Args:
        picture: ``{"shape": [c, h, w], "bytes": hex}`` of a record; its numbers come from a student's program.
    """
    try:
        channels, height, width = (int(side) for side in picture["shape"])
        if channels not in (1, 3) or min(height, width) < 1 or not 0 < channels * height * width <= LARGEST:
            return None
        flat = np.frombuffer(bytes.fromhex(picture["bytes"]), dtype=np.uint8)
        planes = flat.reshape(channels, height, width)
    except (KeyError, TypeError, ValueError):
        return None
    return planes[0] if channels == 1 else np.ascontiguousarray(planes.transpose(1, 2, 0))


def error_map(yours: Pixels, expected: Pixels) -> tuple[Pixels, int] | None:
    """Return the largest absolute difference over the colours, painted from 0 to its maximum, and that maximum.

    None where the pictures differ in size, so that there is no difference to show.
    """
    if yours.shape != expected.shape:
        return None
    gap = np.abs(yours.astype(int) - expected.astype(int))
    gap = gap.max(-1) if gap.ndim == 3 else gap
    top = int(gap.max())
    return painted(gap / max(top, 1)), top


def triptych(name: str, pair: Mapping[str, Any]) -> str:
    """Return HTML of a student's picture, the expected one and the map of their difference, or "" without any."""
    yours, expected = pixels(pair.get("yours")), pixels(pair.get("expected"))
    if yours is None or expected is None or expected.min() == expected.max():  # one grey shows nothing
        return ""
    figures = [
        _figure(yours, f"your {name}", f"yours, {_size(yours)}"),
        _figure(expected, f"the expected {name}", "expected"),
    ]
    gap, note = error_map(yours, expected), ""
    if gap is None:
        note = f"No error map: the expected picture has {_size(expected)}."
    elif gap[1] == 0:
        note = "No difference in 8-bit pixels."
    else:
        alt = f"error map of {name}, largest difference {gap[1]} of 255"
        figures.append(_figure(gap[0], alt, f"error, 0 (dark) to {gap[1]} of 255 (bright)"))
    return render(Path(__file__).parent / "templates" / "pictures.html", figures=figures, note=note)


def _figure(image: Pixels, alt: str, caption: str) -> dict[str, Any]:
    height, width = image.shape[:2]
    zoom = max(1, SIDE // max(height, width))
    return {"uri": data_uri(image), "width": width * zoom, "height": height * zoom, "alt": alt, "caption": caption}


def _size(image: Pixels) -> str:
    return f"{image.shape[1]} by {image.shape[0]} pixels"
