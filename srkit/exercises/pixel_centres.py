"""Exercise 18.1: where the centres of the new pixels lie among the old ones."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_18
from srkit.exercises._model import Case, define, drawn

__all__ = ["EXERCISE"]


def _places(length: int) -> Tensor:
    return torch.arange(length, dtype=torch.get_default_dtype())


def _reference(side: int, length: int) -> Tensor:
    return (_places(length) + 0.5) * side / length - 0.5


def _cases(seed: int) -> list[Case]:
    side = drawn(4, 9, seed=seed + 1)
    broken = drawn(10, 60, seed=seed + 2)
    lengths = {"double": 2 * side, "broken": side + broken, "triple": 3 * side, "fewer": 2 * side - 1}
    sides = {"fewer": 5 * side + broken}
    return [
        Case(criterion=name, inputs={"side": sides.get(name, side), "length": length})
        for name, length in lengths.items()
    ]


EXERCISE = define(
    lesson_18.pixel_centres,
    cases=_cases,
    references=(_reference,),
    wrong={
        "corner_to_corner": lambda side, length: _places(length) * (side - 1) / (length - 1),
        "upper_left_corners": lambda side, length: _places(length) * side / length,
        "half_only_once": lambda side, length: (_places(length) + 0.5) * side / length,
        "turned_round": lambda side, length: (_places(length) + 0.5) * length / side - 0.5,
        "old_pixels": lambda side, length: (_places(side) + 0.5) * length / side - 0.5,
        "from_minus_one_to_one": lambda side, length: (2 * _places(length) + 1) / length - 1,
    },
)
