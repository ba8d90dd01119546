"""Exercise 15.1: a training pair out of the one image there is."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from srkit.exercises._beside import lesson_15
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]


def _reference(lr: Tensor, top: int, left: int, size: int, reduce: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    father = lr[:, top : top + size, left : left + size]
    return father, reduce(father)


def _narrowed(lr: Tensor, top: int, left: int, size: int, reduce: Callable[[Tensor], Tensor]) -> tuple[Tensor, Tensor]:
    father = lr.narrow(1, top, size).narrow(2, left, size).clone()
    return father, reduce(father)


def _cases(seed: int) -> list[Case]:
    return [
        Case(criterion="crop", inputs={"lr": noise(3, 10, 12, seed=seed + 1), "place": [2, 4, 6]}),
        Case(criterion="pair", inputs={"lr": noise(3, 9, 13, seed=seed + 2), "place": [1, 3, 4]}),
        Case(criterion="edge", inputs={"lr": noise(1, 8, 11, seed=seed + 3), "place": [2, 5, 6]}),
    ]


EXERCISE = define(
    lesson_15.father_and_son,
    cases=_cases,
    references=(_narrowed,),
    wrong={
        "exchanged": lambda lr, top, left, size, reduce: _reference(lr, top, left, size, reduce)[::-1],
        "reduced_first": lambda lr, top, left, size, reduce: (
            _reference(lr, top, left, size, reduce)[0],
            reduce(lr)[:, top : top + size // 2, left : left + size // 2],
        ),
        "top_and_left_exchanged": lambda lr, top, left, size, reduce: _reference(lr, left, top, size, reduce),
        "whole_image": lambda lr, top, left, size, reduce: (lr, reduce(lr)),
    },
)
