"""Exercise 01.3: the one image that is least wrong on average."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import Value, lesson_01
from srkit.exercises._model import Case, define, noise

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


EXERCISE = define(
    lesson_01.best_guess,
    cases=_cases,
    references=(_by_sorting,),
    wrong={
        "always_the_mean": lambda candidates, loss: candidates.mean(0),
        "always_the_median": lambda candidates, loss: candidates.median(0).values,
        "one_of_them": _closest,
        "middle_of_the_range": lambda candidates, loss: (candidates.amax(0) + candidates.amin(0)) / 2,
    },
)
