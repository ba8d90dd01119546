"""Exercise 07.5: cut features into windows that may be shifted, and put them together again."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from srkit.exercises._beside import lesson_07
from srkit.exercises._model import Case, define, noise
from srkit.layers import partition
from srkit.layers.windows import assemble

__all__ = ["EXERCISE"]

Change = Callable[[Tensor], Tensor]

"""What a case does to windows (b, n, window * window, c): the second and third tell the order of pixels and windows."""


def _library(f: Change, features: Tensor, window: int, shift: int) -> Tensor:
    moved = features.roll((-shift, -shift), (1, 2))
    return assemble(f(partition(moved, window)), *features.shape[1:3]).roll((shift, shift), (1, 2))


def _not_back(f: Change, features: Tensor, window: int, shift: int) -> Tensor:
    return _library(f, features, window, shift).roll((-shift, -shift), (1, 2))


def _strips(f: Change, features: Tensor, window: int, shift: int) -> Tensor:
    b, _, _, c = features.shape
    moved = features.roll((-shift, -shift), (1, 2))
    return f(moved.reshape(b, -1, window * window, c)).reshape(features.shape).roll((shift, shift), (1, 2))


def _transposed(f: Change, features: Tensor, window: int, shift: int) -> Tensor:
    return _library(f, features.transpose(1, 2), window, shift).transpose(1, 2)


def _cases(seed: int) -> list[Case]:
    def case(criterion: str, change: str, window: int, shift: int, b: int, h: int, w: int) -> Case:
        features = noise(b, h, w, 2, seed=seed + 10 * h + w)
        return Case(
            criterion=criterion, inputs={"features": features, "window": window, "shift": shift, "change": change}
        )

    return [
        case("cut", "centre", 2, 0, 1, 4, 6),
        case("cut", "centre", 3, 0, 1, 6, 6),
        case("order", "sum_inside", 3, 0, 1, 3, 6),
        case("shift", "centre", 3, 1, 1, 6, 9),
        case("shift", "centre", 4, 1, 1, 8, 8),
        case("windows", "sum_over", 2, 0, 2, 6, 4),
    ]


EXERCISE = define(
    lesson_07.in_windows,
    cases=_cases,
    references=(_library,),
    wrong={
        "strips": _strips,
        "shift_ignored": lambda f, features, window, shift: _library(f, features, window, 0),
        "not_shifted_back": _not_back,
        "other_way": lambda f, features, window, shift: _library(f, features, window, -shift),
        "columns_first": _transposed,
    },
)
