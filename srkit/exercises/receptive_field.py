"""Exercise 08.1: how many pixels a stack of dilated convolutions sees."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from srkit.exercises._beside import lesson_08
from srkit.exercises._model import Case, define, drawn, noise

__all__ = ["EXERCISE"]


def _formula(sizes: Sequence[int], dilations: Sequence[int]) -> int:
    return 1 + sum((size - 1) * dilation for size, dilation in zip(sizes, dilations, strict=True))


def _picked(choices: Sequence[int], count: int, seed: int) -> list[int]:
    return [choices[int(place)] for place in (noise(count, seed=seed) * len(choices)).floor()]


def _cases(seed: int) -> list[Case]:
    depth = drawn(2, 21, seed=seed + 9)
    return [
        Case(criterion="plain", inputs={"sizes": [3] * depth, "dilations": [1] * depth}),
        Case(criterion="plain", inputs={"sizes": [3] * (depth + 3), "dilations": [1] * (depth + 3)}),
        Case(criterion="dilated", inputs={"sizes": [3] * 6, "dilations": [2, *_picked((1, 2, 3, 4), 5, seed + 1)]}),
        Case(criterion="dilated", inputs={"sizes": [3] * 8, "dilations": [3, *_picked((1, 2, 3, 4), 7, seed + 2)]}),
        Case(
            criterion="sizes",
            inputs={
                "sizes": [5, *_picked((1, 3, 5, 7), 5, seed + 3)],
                "dilations": [2, *_picked((1, 2, 3), 5, seed + 4)],
            },
        ),
    ]


EXERCISE = define(
    lesson_08.receptive_field,
    cases=_cases,
    references=(_formula,),
    wrong={
        "own_pixel_forgotten": lambda sizes, dilations: _formula(sizes, dilations) - 1,
        "dilation_ignored": lambda sizes, dilations: _formula(sizes, [1] * len(sizes)),
        "size_times_dilation": lambda sizes, dilations: (
            1 + sum(s * d - 1 for s, d in zip(sizes, dilations, strict=True))
        ),
        "multiplied": lambda sizes, dilations: prod(1 + (s - 1) * d for s, d in zip(sizes, dilations, strict=True)),
        "one_side": lambda sizes, dilations: 1 + (_formula(sizes, dilations) - 1) // 2,
    },
)
