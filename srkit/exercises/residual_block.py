"""Exercise 05.1: the residual block of EDSR, with the factor on its residual."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from srkit.exercises._beside import Value, lesson_05
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]

Layer = Callable[[Tensor], Tensor]


def _by_hand(features: Tensor, conv1: Layer, conv2: Layer, residual_scale: float) -> Tensor:
    return features + residual_scale * conv2(torch.relu(conv1(features)))


def _cases(seed: int) -> list[Case]:
    def inputs(channels: int, residual_scale: float, *, loud: float = 1.0) -> dict[str, Value]:
        return {
            "features": 2 * noise(2, channels, 5, 6, seed=seed) - 1,
            "weight1": noise(channels, channels, 3, 3, seed=seed + 1) - 0.5,
            "weight2": loud * (noise(channels, channels, 3, 3, seed=seed + 2) - 0.5),
            "residual_scale": residual_scale,
        }

    return [
        Case(criterion="plain", inputs=inputs(4, 1.0)),
        Case(criterion="scaled", inputs=inputs(4, 0.1)),
        Case(criterion="scaled", inputs=inputs(3, 0.5)),
        Case(criterion="silent", inputs=inputs(4, 1.0, loud=0.0)),
        Case(criterion="silent", inputs=inputs(3, 0.2, loud=0.0)),
    ]


EXERCISE = define(
    lesson_05.residual_block,
    cases=_cases,
    references=(_by_hand,),
    wrong={
        "skip_forgotten": lambda f, conv1, conv2, s: s * conv2(torch.relu(conv1(f))),
        "factor_ignored": lambda f, conv1, conv2, s: _by_hand(f, conv1, conv2, 1.0),
        "sum_scaled": lambda f, conv1, conv2, s: s * _by_hand(f, conv1, conv2, 1.0),
        "relu_after_the_sum": lambda f, conv1, conv2, s: torch.relu(_by_hand(f, conv1, conv2, s)),
        "residual_never_negative": lambda f, conv1, conv2, s: f + s * torch.relu(conv2(torch.relu(conv1(f)))),
        "no_activation": lambda f, conv1, conv2, s: f + s * conv2(conv1(f)),
    },
)
