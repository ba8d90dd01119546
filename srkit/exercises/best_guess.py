"""Exercise 01.3: the one image that is least wrong on average."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import Value, lesson_01
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

__all__ = ["EXERCISE"]


def _by_sorting(candidates: Tensor, loss: str) -> Tensor:
    ordered = candidates.sort(0).values
    return torch.stack(list(ordered)).sum(0) / len(ordered) if loss == "squared" else ordered[len(ordered) // 2]


def _closest(candidates: Tensor, loss: str) -> Tensor:
    gaps = (candidates[:, None] - candidates).flatten(2)  # (n, n, pixels)
    errors = gaps.square() if loss == "squared" else gaps.abs()
    return candidates[int(errors.sum((1, 2)).argmin())]


def _cases(seed: int) -> list[Case]:
    def inputs(n: int, loss: str, shift: int) -> dict[str, Value]:
        return {"candidates": noise(n, 3, 3, 4, seed=seed + shift) ** 3, "loss": loss}

    return [
        Case(criterion="squared", inputs=inputs(5, "squared", 1)),
        Case(criterion="absolute", inputs=inputs(7, "absolute", 2)),
        Case(criterion="one", inputs=inputs(1, "absolute", 3)),
        Case(criterion="one", inputs=inputs(9, "squared", 4)),
    ]


EXERCISE = Exercise(
    answer="best_guess",
    number="1.3",
    title="The least wrong image",
    difficulty=2,
    importance=5,
    minutes=10,
    criteria=(
        Criterion(name="squared", points=1, text="the expected squared error is as small as it can be"),
        Criterion(name="absolute", points=2, text="so is the expected absolute error"),
        Criterion(name="one", points=1, text="with one candidate, and with many", hidden=True),
    ),
    cases=_cases,
    perform=lesson_01.best_guess,
    references=(_by_sorting,),
    tolerance=Tolerance(absolute=2e-6, relative=1e-5, reason="means of nine float32 numbers are right to 1e-7"),
    slips={
        "always_the_mean": Slip(
            "The mean is best for squares. Three candidates have the values 0, 0 and 9: which guess has the smallest "
            "sum of absolute errors?",
            wrong=lambda candidates, loss: candidates.mean(0),
        ),
        "always_the_median": Slip(
            "The median is best for absolute errors. What do squares ask for?",
            wrong=lambda candidates, loss: candidates.median(0).values,
        ),
        "one_of_them": Slip("You choose one of the candidates. The guess need not be one of them.", wrong=_closest),
        "middle_of_the_range": Slip(
            "You take the middle between the smallest and the largest value; where the others lie does not matter to "
            "it.",
            wrong=lambda candidates, loss: (candidates.amax(0) + candidates.amin(0)) / 2,
        ),
    },
    avoid=(),
    hints=(
        "Take one pixel only. Three candidates say 0, 0 and 9. Write down the sum of squared errors of a guess g, and "
        "the sum of absolute ones. Where is each smallest?",
        "Set the derivative to zero: squares balance distances, absolute values balance numbers of candidates on "
        "either side.",
        'Begin with if loss == "squared":',
    ),
)
