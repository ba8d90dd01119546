"""Exercise 05.4: the image that DRCN makes of all its recursions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from srkit.exercises._beside import Value, lesson_05
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]

Layer = Callable[[Tensor], Tensor]


def _reference(bicubic: Tensor, states: Sequence[Tensor], reconstruct: Layer, weights: Tensor) -> Tensor:
    images = torch.stack([bicubic + reconstruct(state) for state in states])  # (n, b, 1, h, w)
    return torch.einsum("n,nbchw->bchw", weights, images)


def _cases(seed: int) -> list[Case]:
    def inputs(weights: Tensor, *, channels: int = 4) -> dict[str, Value]:
        return {
            "bicubic": noise(2, 1, 6, 7, seed=seed),
            "states": noise(len(weights), 2, channels, 6, 7, seed=seed + 1),
            "weight": noise(1, channels, 3, 3, seed=seed + 2) - 0.4,
            "weights": weights,
        }

    uneven = 0.2 + noise(4, seed=seed + 3)
    return [
        Case(criterion="single", inputs=inputs(torch.ones(1))),
        Case(criterion="even", inputs=inputs(torch.full((3,), 1 / 3))),
        Case(criterion="uneven", inputs=inputs(uneven / uneven.sum())),
        Case(criterion="free", inputs=inputs(2 * noise(5, seed=seed + 4) - 0.5, channels=3)),
    ]


EXERCISE = define(
    lesson_05.recursion_ensemble,
    cases=_cases,
    references=(_reference,),
    wrong={
        "last_state_only": lambda bicubic, states, net, weights: bicubic + net(states[-1]),
        "weights_ignored": lambda bicubic, states, net, weights: (
            bicubic + torch.stack([net(s) for s in states]).mean(0)
        ),
        "no_bicubic": lambda bicubic, states, net, weights: _reference(0 * bicubic, states, net, weights),
        "bicubic_once": lambda bicubic, states, net, weights: bicubic + _reference(0 * bicubic, states, net, weights),
        "weights_made_to_sum_to_one": lambda bicubic, states, net, weights: _reference(
            bicubic, states, net, weights / weights.sum()
        ),
        "softmax": lambda bicubic, states, net, weights: _reference(bicubic, states, net, weights.softmax(0)),
    },
)
