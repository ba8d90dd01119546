"""What a record keeps of an answer beside its points: how far off it was, what it looked like, what it printed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

__all__ = ["magnitude", "pictures", "readable"]

_LARGEST_SIDE = 128
_CHANGING = (  # what differs from run to run although nothing is different
    (re.compile(r"(?<![\w/])/tmp/[\w.-]+"), "/tmp/…"),
    (re.compile(r"\b0x[0-9a-f]{6,16}\b"), "0x…"),
)


def readable(text: str, most: int = 2000) -> str:
    """Return text that students' code has written as text that can be stored: cut, without control characters."""
    for pattern, stands_for in _CHANGING:
        text = pattern.sub(stands_for, text)
    kept = "".join(letter for letter in text[:most] if letter in "\n\t" or letter.isprintable())
    return kept.encode("utf-8", "replace").decode() + (" …" if len(text) > most else "")


def magnitude(outputs: Mapping[str, Any], alternatives: Sequence[Mapping[str, Any]]) -> float | None:
    """Return the largest absolute difference from the closest of the accepted outputs; None without numbers."""
    found = [_gap(outputs, expected) for expected in alternatives]
    return min((gap for gap in found if gap is not None), default=None)


def pictures(outputs: Mapping[str, Any], expected: Mapping[str, Any]) -> dict[str, Any]:
    """Return name -> both pictures, for outputs that are pictures: 1 or 3 channels, 4 to 128 pixels a side."""
    found = {}
    for name, value in expected.items():
        mine, theirs = outputs.get(name), _picture(value)
        if theirs is not None and isinstance(mine, Tensor) and _picture(mine) is not None:
            found[name] = {"yours": _picture(mine), "expected": theirs}
    return found


def _gap(outputs: Mapping[str, Any], expected: Mapping[str, Any]) -> float | None:
    gaps = [_difference(outputs.get(name), value) for name, value in expected.items()]
    known = [gap for gap in gaps if gap is not None and math.isfinite(gap)]
    return max(known, default=None)


def _difference(output: Any, expected: Any) -> float | None:
    if isinstance(expected, Tensor):
        fits = isinstance(output, Tensor) and output.shape == expected.shape and not output.is_complex()
        return float((output.double() - expected.double()).abs().max()) if fits and output.numel() else None
    if type(expected) in (int, float) and type(output) in (int, float):
        return abs(float(output) - float(expected))
    if isinstance(expected, list) and isinstance(output, list) and len(output) == len(expected):
        gaps = [_difference(mine, theirs) for mine, theirs in zip(output, expected, strict=True)]
        return max((gap for gap in gaps if gap is not None), default=None)
    return None


def _picture(value: Any) -> dict[str, Any] | None:
    if not isinstance(value, Tensor) or not value.is_floating_point() or value.ndim not in (3, 4):
        return None
    image = value[0] if value.ndim == 4 and len(value) else value
    if (
        image.ndim != 3
        or image.shape[0] not in (1, 3)
        or not 4 <= min(image.shape[1:]) <= max(image.shape[1:]) <= _LARGEST_SIDE
    ):
        return None
    pixels = (torch.nan_to_num(image.float(), 0.0, 1.0, 0.0).clamp(0, 1) * 255).round().to(torch.uint8)
    return {"shape": list(pixels.shape), "bytes": pixels.contiguous().numpy().tobytes().hex()}
