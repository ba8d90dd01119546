"""Exercise 10.3: between two networks, entry by entry of their state dicts (ESRGAN, section 3.4)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_10
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]

State = Mapping[str, Tensor]


def _nearer(first: State, second: State, alpha: float) -> dict[str, Tensor]:
    near = second if alpha > 0.5 else first
    return {
        name: (1 - alpha) * one + alpha * second[name] if one.is_floating_point() else near[name]
        for name, one in first.items()
    }


def _weights_only(first: State, second: State, alpha: float) -> dict[str, Tensor]:
    return {
        name: one if "running" in name else value
        for (name, one), value in zip(first.items(), _nearer(first, second, alpha).values(), strict=True)
    }


def _state(seed: int, steps: int) -> list[Tensor]:
    return [noise(2, 3, 2, seed=seed) - 0.5, noise(2, seed=seed + 1), noise(2, seed=seed + 2), torch.tensor(steps)]


def _cases(seed: int) -> list[Case]:
    pair = {"first": _state(seed, 100 + seed % 50), "second": _state(seed + 10, 400 + seed % 50)}
    return [
        Case(criterion="between", inputs={**pair, "alpha": 0.3, "watch": 3}),
        Case(criterion="ends", inputs={**pair, "alpha": 0.0, "watch": 3}),
        Case(criterion="ends", inputs={**pair, "alpha": 1.0, "watch": 3}),
        Case(criterion="counters", inputs={**pair, "alpha": 0.3, "watch": 4}),
        Case(criterion="counters", inputs={**pair, "alpha": 0.8, "watch": 4}),
    ]


EXERCISE = define(
    lesson_10.mix_weights,
    cases=_cases,
    references=(_nearer,),
    wrong={
        "the_other_way": lambda first, second, alpha: _nearer(first, second, 1 - alpha),
        "second_not_reached": lambda first, second, alpha: {
            name: one + alpha * second[name] if one.is_floating_point() else one for name, one in first.items()
        },
        "always_the_middle": lambda first, second, alpha: _nearer(first, second, 0.5),
        "statistics_of_the_first": _weights_only,
    },
)
