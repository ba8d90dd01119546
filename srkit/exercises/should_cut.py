"""Exercise 15.2: ZSSR's learning rate policy, a line through the last errors."""

from __future__ import annotations

import math

from srkit.exercises._beside import lesson_15
from srkit.exercises._model import Case, define, noise

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


EXERCISE = define(
    lesson_15.should_cut,
    cases=_cases,
    references=(_reference,),
    wrong={
        "sign": lambda errors, ratio: ratio * _line(errors)[0] < _line(errors)[1],
        "never": lambda errors, ratio: False,
    },
)
