"""Exercise 05.1: the residual block of EDSR, with the factor on its residual."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from srkit.exercises._beside import Value, lesson_05
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

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


EXERCISE = Exercise(
    answer="residual_block",
    number="5.1",
    title="A residual block",
    difficulty=1,
    importance=5,
    minutes=10,
    criteria=(
        Criterion(name="plain", points=1, text="with a factor of 1 the block is right"),
        Criterion(name="scaled", points=1, text="any other factor weighs the residual, and only that"),
        Criterion(
            name="silent", points=1, text="where the second convolution is zero, nothing is changed", hidden=True
        ),
    ),
    cases=_cases,
    perform=lesson_05.residual_block,
    references=(_by_hand,),
    tolerance=Tolerance(
        absolute=1e-5, relative=1e-4, reason="float32 convolutions summed in another order differ by 1e-6"
    ),
    slips={
        "skip_forgotten": Slip(
            "The input does not come back in the end: a silent convolution would leave nothing at all.",
            wrong=lambda f, conv1, conv2, s: s * conv2(torch.relu(conv1(f))),
        ),
        "factor_ignored": Slip(
            "Your result is that of a factor of 1, whatever factor is given.",
            wrong=lambda f, conv1, conv2, s: _by_hand(f, conv1, conv2, 1.0),
        ),
        "sum_scaled": Slip(
            "The factor weighs the input, too. After thirty such blocks nothing of it would be left.",
            wrong=lambda f, conv1, conv2, s: s * _by_hand(f, conv1, conv2, 1.0),
        ),
        "relu_after_the_sum": Slip(
            "An activation after the sum lets nothing negative through: the skip is no longer free.",
            wrong=lambda f, conv1, conv2, s: torch.relu(_by_hand(f, conv1, conv2, s)),
        ),
        "residual_never_negative": Slip(
            "Your residual is never negative, so the block can only add. There is one activation too many.",
            wrong=lambda f, conv1, conv2, s: f + s * torch.relu(conv2(torch.relu(conv1(f)))),
        ),
        "no_activation": Slip(
            "Two convolutions in a row without an activation between them are one convolution.",
            wrong=lambda f, conv1, conv2, s: f + s * conv2(conv1(f)),
        ),
    },
    avoid=(),
    hints=(
        "Draw the two ways from the input to the output. What happens on each of them?",
        "One way is free: nothing stands on it. On the other stand a convolution, an activation, a convolution and the "
        "factor. The two meet in a sum.",
        "Begin on the longer way: hidden = F.relu(conv1(features)).",
    ),
)
