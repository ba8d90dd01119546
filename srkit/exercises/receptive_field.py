"""Exercise 08.1: how many pixels a stack of dilated convolutions sees."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from srkit.exercises._beside import lesson_08
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

__all__ = ["EXERCISE"]


def _formula(sizes: Sequence[int], dilations: Sequence[int]) -> int:
    return 1 + sum((size - 1) * dilation for size, dilation in zip(sizes, dilations, strict=True))


def _drawn(choices: Sequence[int], count: int, seed: int) -> list[int]:
    return [choices[int(place)] for place in (noise(count, seed=seed) * len(choices)).floor()]


def _cases(seed: int) -> list[Case]:
    depth = 2 + int(20 * float(noise(1, seed=seed + 9)))
    return [
        Case(criterion="plain", inputs={"sizes": [3] * depth, "dilations": [1] * depth}),
        Case(criterion="plain", inputs={"sizes": [3] * (depth + 3), "dilations": [1] * (depth + 3)}),
        Case(criterion="dilated", inputs={"sizes": [3] * 6, "dilations": [2, *_drawn((1, 2, 3, 4), 5, seed + 1)]}),
        Case(criterion="dilated", inputs={"sizes": [3] * 8, "dilations": [3, *_drawn((1, 2, 3, 4), 7, seed + 2)]}),
        Case(
            criterion="sizes",
            inputs={
                "sizes": [5, *_drawn((1, 3, 5, 7), 5, seed + 3)],
                "dilations": [2, *_drawn((1, 2, 3), 5, seed + 4)],
            },
        ),
    ]


EXERCISE = Exercise(
    answer="receptive_field",
    number="8.1",
    title="The receptive field of a stack of dilated convolutions",
    difficulty=1,
    importance=4,
    minutes=10,
    criteria=(
        Criterion(name="plain", points=1, text="a stack of ordinary 3x3 convolutions"),
        Criterion(name="dilated", points=2, text="3x3 convolutions of any dilations"),
        Criterion(name="sizes", points=1, text="kernels of other sizes, dilated", hidden=True),
    ),
    cases=_cases,
    perform=lesson_08.receptive_field,
    references=(_formula,),
    tolerance=Tolerance(absolute=0.0, relative=0.0, reason="a number of pixels is a whole number"),
    slips={
        "own_pixel_forgotten": Slip(
            "You are one pixel short. With no layer at all, how many pixels would the result see?",
            wrong=lambda sizes, dilations: _formula(sizes, dilations) - 1,
        ),
        "dilation_ignored": Slip(
            "Your number is that of the same stack without dilation.",
            wrong=lambda sizes, dilations: _formula(sizes, [1] * len(sizes)),
        ),
        "size_times_dilation": Slip(
            "A kernel of 3 taps with dilation 2 covers 5 pixels, not 6. Draw it: how many gaps are there between three "
            "taps?",
            wrong=lambda sizes, dilations: 1 + sum(s * d - 1 for s, d in zip(sizes, dilations, strict=True)),
        ),
        "multiplied": Slip(
            "You multiply what the layers add. Each further layer lets the field grow by a few pixels on either side; "
            "it does not repeat the whole field.",
            wrong=lambda sizes, dilations: prod(1 + (s - 1) * d for s, d in zip(sizes, dilations, strict=True)),
        ),
        "one_side": Slip(
            "You count one side only. The field grows to the left as well as to the right.",
            wrong=lambda sizes, dilations: 1 + (_formula(sizes, dilations) - 1) // 2,
        ),
    },
    avoid=(),
    hints=(
        "Take one layer, three taps, dilation 2, and mark on paper the pixels it touches.",
        "A layer with k taps has k - 1 gaps, each as wide as its dilation. So much the field grows by it, however many "
        "layers there were before.",
        "Begin with pixels = 1, what is seen without any layer, and go through zip(sizes, dilations).",
    ),
)
