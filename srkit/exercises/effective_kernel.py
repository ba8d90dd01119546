"""Exercise 13.3: the one kernel that a stack of linear convolutions amounts to."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import Value, lesson_13
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]

Layers = Sequence[tuple[Tensor, int]]


def _delta(layers: Layers, *, turned: bool = True) -> Tensor:
    """Send a dot through, every weight spread by the strides before it: the answer is upside down at first."""
    x, step = layers[0][0].new_ones(1, 1, 1, 1), 1
    for weight, stride in layers:
        x = F.conv2d(x, weight, padding=step * (weight.shape[-1] - 1), dilation=step)
        step *= stride
    return x[0, 0].flip(0, 1) if turned else x[0, 0]


def _weight(outputs: int, inputs: int, side: int, seed: int) -> Tensor:
    return noise(outputs, inputs, side, side, seed=seed) - 0.3


def _cases(seed: int) -> list[Case]:
    def stack(plan: Sequence[tuple[int, int, int, int]], start: int) -> dict[str, Value]:
        weights = [_weight(o, i, side, start + n) for n, (o, i, side, _) in enumerate(plan)]
        return {"weights": weights, "strides": [stride for *_, stride in plan]}

    return [
        Case(criterion="one", inputs=stack([(1, 1, 5, 1)], seed + 1)),
        Case(criterion="two", inputs=stack([(1, 1, 3, 1), (1, 1, 5, 1)], seed + 4)),
        Case(criterion="channels", inputs=stack([(4, 1, 3, 1), (3, 4, 3, 1), (1, 3, 1, 2)], seed + 8)),
        Case(criterion="strides", inputs=stack([(1, 1, 3, 2), (1, 1, 3, 2)], seed + 14)),
        Case(criterion="strides", inputs=stack([(2, 1, 3, 2), (2, 2, 3, 3), (1, 2, 2, 2)], seed + 17)),
    ]


EXERCISE = define(
    lesson_13.effective_kernel,
    cases=_cases,
    references=(_delta,),
    wrong={
        "turned": lambda layers: _delta(layers, turned=False),
        "strides_forgotten": lambda layers: _delta([(weight, 1) for weight, _ in layers]),
        "first_channel": lambda layers: _delta([(weight[:1, :1], stride) for weight, stride in layers]),
    },
)
