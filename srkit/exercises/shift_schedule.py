"""Exercise 19.3: how far the residual is shifted in each step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_19
from srkit.exercises._model import Case, define, drawn, noise

__all__ = ["EXERCISE"]


def _roots(
    steps: int,
    kappa: float,
    power: float,
    least: float,
    *,
    first: Callable[[float, float], float] = lambda least, kappa: min(least / kappa, least),
    last: float = 0.99,
    bent: bool = True,
    even: bool = False,
    squared: bool = False,
) -> Tensor:
    start = first(least, kappa)
    way = torch.linspace(0, 1, steps, dtype=torch.get_default_dtype()) ** (power if bent else 1.0)
    roots = start + (last - start) * way if even else start * (last / start) ** way
    return roots**2 if squared else roots


def _variant(**changes: Any) -> Callable[..., Tensor]:
    return lambda steps, kappa, power, least: _roots(steps, kappa, power, least, **changes)


def _cases(seed: int) -> list[Case]:
    steps, least = drawn(4, 9, seed=seed + 1), 0.04 + 0.1 * float(noise(1, seed=seed + 2))

    def case(criterion: str, watch: str, kappa: float) -> Case:
        inputs = {"steps": steps, "kappa": kappa, "power": 0.3 + least, "least": least, "watch": watch}
        return Case(criterion=criterion, inputs=inputs)

    return [
        case("ends", "ends", 2.0),
        case("between", "all", 2.0),
        case("small", "ends", 0.5),
        case("small", "all", 0.5),
    ]


EXERCISE = define(
    lesson_19.shift_schedule,
    cases=_cases,
    references=(_roots,),
    wrong={
        "squares": _variant(squared=True),
        "straight": _variant(bent=False),
        "even_steps": _variant(even=True),
        "kappa_left_out": _variant(first=lambda least, kappa: least),
        "to_the_end": _variant(last=1.0),
        "always_divided": _variant(first=lambda least, kappa: least / kappa),
    },
)
