"""Exercise 13.2: when to stop fitting a deep image prior, judged by how much its images differ."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_13
from srkit.exercises._model import Case, define, evenly, noise

__all__ = ["EXERCISE"]


def _variance(images: Tensor, step: int, window: int) -> float:
    last = images[step - window + 1 : step + 1].double()
    return float((last - last.mean(0)).square().mean())


def _reference(images: Tensor, window: int, patience: int) -> int:
    least, best = math.inf, 0
    for step in range(window - 1, len(images)):
        variance = _variance(images, step, window)
        if variance < least:
            least, best = variance, step
        elif step - best >= patience:
            break
    return best


def _wrong(
    images: Tensor, window: int, patience: int, *, end: bool = False, ever: bool = False, pair: bool = False
) -> int:
    least, best, step = math.inf, 0, 0
    for step in range(window - 1, len(images)):
        variance = _variance(images, step, 2 if pair else window)
        if variance < least:
            least, best = variance, step
        elif step - best >= patience and not ever:
            break
    return step if end else best


def _run(spreads: list[float], seed: int) -> Tensor:
    """Images (n, 1, 12, 12) that scatter around a drifting one by so much at each step."""
    n = len(spreads)
    drift = evenly(0, 0.3, n).reshape(n, 1, 1, 1)
    return drift + torch.tensor(spreads).reshape(n, 1, 1, 1) * (noise(n, 1, 12, 12, seed=seed) - 0.5)


def _valley(n: int, low: int, depth: float = 0.02) -> list[float]:
    return [depth + 0.06 * abs(i - low) for i in range(n)]


def _cases(seed: int) -> list[Case]:
    two = [*_valley(12, 6), *_valley(12, 5, depth=0.001)]
    return [
        Case(criterion="valley", inputs={"images": _run(_valley(18, 7), seed + 1), "window": 5, "patience": 30}),
        Case(criterion="valley", inputs={"images": _run(_valley(18, 9), seed + 9), "window": 7, "patience": 40}),
        Case(criterion="patience", inputs={"images": _run(two, seed + 2), "window": 5, "patience": 5}),
        Case(criterion="patience", inputs={"images": _run(two, seed + 3), "window": 5, "patience": 20}),
        Case(criterion="falling", inputs={"images": _run(_valley(14, 15), seed + 5), "window": 4, "patience": 5}),
    ]


EXERCISE = define(
    lesson_13.calmest,
    cases=_cases,
    references=(_reference,),
    wrong={
        "no_patience": lambda images, window, patience: _wrong(images, window, patience, ever=True),
        "where_it_ends": lambda images, window, patience: _wrong(images, window, patience, end=True),
        "beginning_of_the_window": lambda images, window, patience: _reference(images, window, patience) - window + 1,
        "two_images_only": lambda images, window, patience: _wrong(images, window, patience, pair=True),
    },
)
