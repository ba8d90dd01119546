"""Exercise 17.1: windows of keys that overlap, one around each window of queries."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import lesson_17
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]


def _unfolded(features: Tensor, window: int, around: int, stride: int, padding: int) -> Tensor:
    side = window + 2 * around
    columns = F.unfold(features, side, padding=padding, stride=stride)  # (b, c*side*side, n)
    return columns.view(*features.shape[:2], side**2, -1).permute(0, 3, 2, 1)  # (b, n, side*side, c)


def _reference(features: Tensor, window: int, around: int) -> Tensor:
    return _unfolded(features, window, around, window, around)


def _channels_mixed(features: Tensor, window: int, around: int) -> Tensor:
    found = _reference(features, window, around)
    columns = F.unfold(features, window + 2 * around, padding=around, stride=window)
    return columns.mT.reshape(found.shape)


def _border_repeated(features: Tensor, window: int, around: int) -> Tensor:
    return _unfolded(F.pad(features, (around,) * 4, mode="replicate"), window, around, window, 0)


def _columns_first(features: Tensor, window: int, around: int) -> Tensor:
    return _reference(features.mT, window, around)


def _to_the_right(features: Tensor, window: int, around: int) -> Tensor:
    return _unfolded(F.pad(features, (0, 2 * around, 0, 2 * around)), window, around, window, 0)


def _cases(seed: int) -> list[Case]:
    def case(criterion: str, watch: str, h: int, w: int, window: int, around: int) -> Case:
        features = noise(2, 2, h, w, seed=seed + h)
        return Case(
            criterion=criterion,
            inputs={"features": features, "window": window, "around": around, "watch": watch},
        )

    return [
        case("shape", "shape", 4, 6, 2, 1),
        case("plain", "all", 4, 6, 2, 0),
        case("overlap", "all", 4, 6, 2, 1),
        case("wide", "all", 3, 9, 3, 2),
    ]


EXERCISE = define(
    lesson_17.overlapping_windows,
    cases=_cases,
    references=(_reference,),
    wrong={
        "channels_mixed": _channels_mixed,
        "border_repeated": _border_repeated,
        "columns_first": _columns_first,
        "to_the_right": _to_the_right,
        "no_overlap": lambda features, window, around: _unfolded(features, window, 0, window, 0),
    },
)
