"""Exercise 15.3: one step of back-projection."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from srkit.exercises._beside import lesson_15
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]


def _reference(
    sr: Tensor, lr: Tensor, reduce: Callable[[Tensor], Tensor], enlarge: Callable[[Tensor], Tensor]
) -> Tensor:
    return sr + enlarge(lr - reduce(sr))


def _cases(seed: int) -> list[Case]:
    truth = noise(3, 6, 8, seed=seed + 1)
    return [
        Case(criterion="step", inputs={"sr": noise(3, 6, 8, seed=seed + 2), "lr": noise(3, 3, 4, seed=seed + 3)}),
        Case(criterion="settled", inputs={"sr": truth, "lr": lesson_15.halve(truth)}),
        Case(criterion="grey", inputs={"sr": noise(1, 4, 6, seed=seed + 4), "lr": noise(1, 2, 3, seed=seed + 5)}),
    ]


EXERCISE = define(
    lesson_15.project_back,
    cases=_cases,
    references=(_reference,),
    wrong={
        "wrong_way": lambda sr, lr, reduce, enlarge: sr - enlarge(lr - reduce(sr)),
        "only_the_correction": lambda sr, lr, reduce, enlarge: enlarge(lr - reduce(sr)),
        "difference_when_large": lambda sr, lr, reduce, enlarge: sr + (enlarge(lr) - sr),
        "nothing_compared": lambda sr, lr, reduce, enlarge: sr + enlarge(lr),
    },
)
