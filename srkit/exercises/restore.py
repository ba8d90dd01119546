"""Exercise 19.5: the whole chain, from the enlarged image with noise to a clean one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_19
from srkit.exercises._model import Case, define, drawn, noise
from srkit.exercises.shift_schedule import EXERCISE as SCHEDULE
from srkit.exercises.shift_step import EXERCISE as STEP

__all__ = ["EXERCISE"]

Guess = Callable[[Tensor, Tensor, int], Tensor]


def _restored(
    guess: Guess,
    y: Tensor,
    roots: Tensor,
    kappa: float,
    noises: Tensor,
    *,
    begin: float = 1.0,
    grain: float = 1.0,
    off: int = 0,
    squared: bool = True,
    upwards: bool = False,
) -> Tensor:
    shifts = torch.cat([torch.zeros(1).to(roots), roots**2 if squared else roots])  # (T + 1,)
    x = begin * y + grain * kappa * shifts[-1] ** 0.5 * noises[0]
    times = range(1, len(shifts)) if upwards else range(len(shifts) - 1, 0, -1)
    for count, t in enumerate(times, start=1):
        fresh = noises[count % len(noises)]  # the last one, which a step to 0 does not use, may be any
        x = STEP.references[0](x, guess(x, y, t - off), shifts[t - 1], shifts[t], kappa, fresh)
    return x


def _variant(**changes: Any) -> Callable[..., Tensor]:
    return lambda guess, y, roots, kappa, noises: _restored(guess, y, roots, kappa, noises, **changes)


def _one_guess(guess: Guess, y: Tensor, roots: Tensor, kappa: float, noises: Tensor) -> Tensor:
    return guess(y + kappa * roots[-1] * noises[0], y, len(roots))


def _cases(seed: int) -> list[Case]:
    def case(criterion: str, watch: str, steps: int, *shape: int) -> Case:
        roots = SCHEDULE.references[0](steps, 2.0, 0.3, 0.2).float()
        inputs = {"y": noise(2, *shape, seed=seed + 1), "roots": roots, "kappa": 1.0 + float(noise(1, seed=seed + 2))}
        return Case(
            criterion=criterion, inputs={**inputs, "watch": watch, "noises": noise(steps, 2, *shape, seed=seed + 3)}
        )

    steps = drawn(4, 6, seed=seed + 4)
    return [
        case("times", "times", steps, 3),
        case("one", "image", 1, 3),
        case("chain", "image", steps, 3),
        case("images", "image", 3, 1, 2, 3),
    ]


EXERCISE = define(
    lesson_19.restore,
    cases=_cases,
    references=(_restored,),
    wrong={
        "from_noise_alone": _variant(begin=0.0),
        "without_noise": _variant(grain=0.0),
        "told_the_next_time": _variant(off=1),
        "roots_for_shifts": _variant(squared=False),
        "from_the_clean_end": _variant(upwards=True),
        "one_guess": _one_guess,
    },
)
