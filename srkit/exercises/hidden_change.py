"""Exercise 01.2: a change of the large image that leaves the small one as it is."""

from __future__ import annotations

from torch import Tensor

from srkit.exercises._beside import lesson_01
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]


def _means(change: Tensor, scale: int) -> Tensor:
    c, h, w = change.shape
    return change.reshape(c, h // scale, scale, w // scale, scale).mean((2, 4), keepdim=True)


def _reference(change: Tensor, scale: int) -> Tensor:
    c, h, w = change.shape
    blocks = change.reshape(c, h // scale, scale, w // scale, scale)
    return (blocks - _means(change, scale)).reshape(c, h, w)


def _cases(seed: int) -> list[Case]:
    return [
        Case(criterion="invisible", inputs={"change": noise(1, 4, 6, seed=seed + 1), "scale": 2, "reduced": True}),
        Case(criterion="change", inputs={"change": noise(3, 6, 4, seed=seed + 2) - 0.3, "scale": 2, "reduced": False}),
        Case(criterion="scale", inputs={"change": noise(3, 9, 6, seed=seed + 3) - 0.3, "scale": 3, "reduced": False}),
    ]


EXERCISE = define(
    lesson_01.hidden_change,
    cases=_cases,
    references=(_reference,),
    wrong={
        "unchanged": lambda change, scale: change,
        "visible_part": lambda change, scale: change - _reference(change, scale),
        "one_mean": lambda change, scale: change - change.mean(),
        "nothing_left": lambda change, scale: 0 * change,
    },
)
