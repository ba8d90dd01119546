"""Exercise 15.2: ZSSR's learning rate policy, a line through the last errors."""

from __future__ import annotations

import math

from srkit.exercises._beside import lesson_15
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

__all__ = ["EXERCISE"]


def _line(errors: list[float], dof: int = 2) -> tuple[float, float]:
    n = len(errors)
    t = [i - (n - 1) / 2 for i in range(n)]
    spread = sum(x * x for x in t)
    mean = sum(errors) / n
    slope = sum(x * (e - mean) for x, e in zip(t, errors, strict=True)) / spread
    rest = sum((e - mean - slope * x) ** 2 for x, e in zip(t, errors, strict=True))
    return slope, math.sqrt(rest / (n - dof) / spread)


def _reference(errors: list[float], ratio: float) -> bool:
    slope, deviation = _line(errors)
    return -ratio * slope < deviation


def _falling(slope: float, wobble: float, seed: int, n: int = 8) -> list[float]:
    return [0.02 - slope * i + wobble * (float(noise(1, seed=seed + i)) - 0.5) for i in range(n)]


def _wobbling(seed: int) -> list[float]:
    errors = _falling(0.0, 1e-4, seed)
    return [min(errors) - 1e-6, *errors[1:]]  # the first is the smallest, so that two errors alone tell nothing


def _cases(seed: int) -> list[Case]:
    return [
        Case(criterion="falling", inputs={"errors": _falling(1e-3, 1e-4, seed), "ratio": 1.5}),
        Case(criterion="flat", inputs={"errors": _wobbling(seed + 20), "ratio": 0.01}),
        Case(criterion="rising", inputs={"errors": _falling(-5e-4, 1e-4, seed + 40), "ratio": 1.5}),
        Case(criterion="between", inputs={"errors": [0.0100, 0.0096, 0.0101, 0.0092, 0.0099], "ratio": 1.5}),
        Case(criterion="between", inputs={"errors": [0.0100, 0.0097, 0.0098, 0.0093, 0.0091], "ratio": 1.5}),
        Case(criterion="between", inputs={"errors": _falling(2e-5, 3e-4, seed + 60, 5), "ratio": 0.02}),
    ]


EXERCISE = Exercise(
    answer="should_cut",
    number="15.2",
    title="When to cut the learning rate",
    difficulty=3,
    importance=3,
    minutes=15,
    criteria=(
        Criterion(name="falling", points=1, text="errors that fall steadily: go on"),
        Criterion(name="flat", points=1, text="errors that wobble around one value: cut"),
        Criterion(name="rising", points=1, text="errors that rise: cut"),
        Criterion(name="between", points=1, text="the cases in between are decided by the formula", hidden=True),
    ),
    cases=_cases,
    perform=lesson_15.should_cut,
    references=(_reference,),
    tolerance=Tolerance(absolute=0, relative=0.0, reason="a decision is yes or no"),
    slips={
        "sign": Slip(
            "You cut while the errors fall. The slope of falling errors is negative: look at the sign in the formula.",
            wrong=lambda errors, ratio: ratio * _line(errors)[0] < _line(errors)[1],
        ),
        "never": Slip(
            "You never cut. Then the learning rate stays at its first value, as it does by a slip in the public "
            "PyTorch program.",
            wrong=lambda errors, ratio: False,
        ),
    },
    avoid=(),
    hints=(
        "Two numbers are compared: how fast the errors fall, and how sure one can be of that.",
        "Put the steps around zero, t = i - (n - 1) / 2. The slope is then the sum of t * error over the sum of t * t.",
        "What is left when the line is taken away, squared, summed, divided by (n - 2) and by the sum of t * t, is the "
        "square of the slope's standard deviation.",
    ),
    hides=("srkit.methods.zssr:should_cut",),
)
