"""Exercise 15.1: a training pair out of the one image there is."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from srkit.exercises._beside import lesson_15
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

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


EXERCISE = Exercise(
    answer="father_and_son",
    number="15.1",
    title="A training pair out of one image",
    difficulty=1,
    importance=5,
    minutes=10,
    criteria=(
        Criterion(name="crop", points=1, text="the father is the square that was asked for"),
        Criterion(name="pair", points=1, text="the son is the father, reduced"),
        Criterion(name="edge", points=1, text="a square at the edge of a grey image works", hidden=True),
    ),
    cases=_cases,
    perform=lesson_15.father_and_son,
    references=(_narrowed,),
    tolerance=Tolerance(absolute=1e-6, relative=1e-6, reason="a mean of four numbers in another order"),
    slips={
        "exchanged": Slip(
            "Father and son have changed places: the father, which is the truth, comes first.",
            wrong=lambda lr, top, left, size, reduce: _reference(lr, top, left, size, reduce)[::-1],
        ),
        "reduced_first": Slip(
            "You reduce the whole image and cut afterwards, so father and son show different places.",
            wrong=lambda lr, top, left, size, reduce: (
                _reference(lr, top, left, size, reduce)[0],
                reduce(lr)[:, top : top + size // 2, left : left + size // 2],
            ),
        ),
        "top_and_left_exchanged": Slip(
            "Top and left have changed places.",
            wrong=lambda lr, top, left, size, reduce: _reference(lr, left, top, size, reduce),
        ),
        "whole_image": Slip(
            "Your father is the whole image. A square of it was asked for.",
            wrong=lambda lr, top, left, size, reduce: (lr, reduce(lr)),
        ),
    },
    avoid=(),
    hints=(
        "Which of the two images does the network see, and which is the truth it is compared with?",
        "Cut first, reduce second.",
        "Begin with father = lr[:, top : top + size, ...].",
    ),
)
