"""Exercise 15.3: one step of back-projection."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from srkit.exercises._beside import lesson_15
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

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


EXERCISE = Exercise(
    answer="project_back",
    number="15.3",
    title="Back-projection",
    difficulty=1,
    importance=5,
    minutes=10,
    criteria=(
        Criterion(name="step", points=1, text="one step moves the result by the enlarged difference"),
        Criterion(name="settled", points=1, text="a result that already agrees is left alone"),
        Criterion(name="grey", points=1, text="grey images work", hidden=True),
    ),
    cases=_cases,
    perform=lesson_15.project_back,
    references=(_reference,),
    tolerance=Tolerance(absolute=1e-5, relative=1e-5, reason="differences of numbers near 1 lose a digit in float32"),
    slips={
        "wrong_way": Slip(
            "Your step goes the wrong way: the reduced result moves away from the small image.",
            wrong=lambda sr, lr, reduce, enlarge: sr - enlarge(lr - reduce(sr)),
        ),
        "only_the_correction": Slip(
            "You return the correction alone. It is added to the result.",
            wrong=lambda sr, lr, reduce, enlarge: enlarge(lr - reduce(sr)),
        ),
        "difference_when_large": Slip(
            "You compare on the large image. What is known for certain is the small one: reduce first.",
            wrong=lambda sr, lr, reduce, enlarge: sr + (enlarge(lr) - sr),
        ),
        "nothing_compared": Slip(
            "You add the small image itself. What is added is what the reduced result misses of it.",
            wrong=lambda sr, lr, reduce, enlarge: sr + enlarge(lr),
        ),
    },
    avoid=(),
    hints=(
        "If the result were perfect, what would its reduction be?",
        "Reduce the result, see what is missing, enlarge that, add it.",
        "Begin with missing = lr - reduce(sr).",
    ),
    hides=("srkit.methods.backprojection:back_project",),
)
