"""Exercise 07.1: channel attention, as in RCAN."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import Value, lesson_07
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

__all__ = ["EXERCISE"]


def _weights(means: Tensor, down: Tensor, up: Tensor) -> Tensor:
    return torch.sigmoid((means @ down.T).clamp_min(0) @ up.T)


def _by_products(features: Tensor, down: Tensor, up: Tensor) -> Tensor:
    return torch.einsum("bchw,bc->bchw", features, _weights(features.mean((2, 3)), down, up))


def _softmax(features: Tensor, down: Tensor, up: Tensor) -> Tensor:
    scores = (features.mean((2, 3)) @ down.T).relu() @ up.T
    return features * scores.softmax(1)[:, :, None, None]


def _no_relu(features: Tensor, down: Tensor, up: Tensor) -> Tensor:
    return features * torch.sigmoid(features.mean((2, 3)) @ down.T @ up.T)[:, :, None, None]


def _over_the_batch(features: Tensor, down: Tensor, up: Tensor) -> Tensor:
    return features * _weights(features.mean((0, 2, 3))[None], down, up)[:, :, None, None]


def _inputs(seed: int, b: int, c: int, few: int, h: int, w: int, strength: float = 3.0) -> dict[str, Value]:
    level = torch.linspace(0.2, 2.0, b * c).reshape(b, c, 1, 1)
    return {
        "features": level * noise(b, c, h, w, seed=seed),
        "down": 2 * noise(few, c, seed=seed + 1) - 1,
        "up": strength * (noise(c, few, seed=seed + 2) - 0.5),
    }


def _cases(seed: int) -> list[Case]:
    return [
        Case(criterion="undecided", inputs=_inputs(seed, 1, 6, 3, 4, 5, strength=0.0)),
        Case(criterion="weights", inputs=_inputs(seed + 10, 1, 8, 4, 5, 3)),
        Case(criterion="weights", inputs=_inputs(seed + 20, 1, 16, 5, 4, 4)),
        Case(criterion="weights", inputs=_inputs(seed + 30, 1, 12, 6, 3, 6)),
        Case(criterion="batch", inputs=_inputs(seed + 40, 3, 8, 4, 4, 5)),
    ]


EXERCISE = Exercise(
    answer="channel_attention",
    number="7.1",
    title="Channel attention",
    difficulty=1,
    importance=5,
    minutes=10,
    criteria=(
        Criterion(name="undecided", points=1, text="where the second matrix is zero, every channel is halved"),
        Criterion(name="weights", points=2, text="each channel is weighed by what the means say"),
        Criterion(name="batch", points=1, text="each image of a batch has weights of its own", hidden=True),
    ),
    cases=_cases,
    perform=lesson_07.channel_attention,
    references=(_by_products,),
    tolerance=Tolerance(
        absolute=1e-5, relative=1e-5, reason="two small products in float32 are right to 1e-6 before the sigmoid"
    ),
    slips={
        "maximum": Slip(
            "You describe a channel by its largest value. Here it is its mean.",
            wrong=lambda features, down, up: features * _weights(features.amax((2, 3)), down, up)[:, :, None, None],
        ),
        "no_relu": Slip("Something is missing between the two matrices; without it they could be one.", wrong=_no_relu),
        "softmax": Slip(
            "Your channels compete: their weights sum to one. Here each is judged on its own, from 0 to 1.",
            wrong=_softmax,
        ),
        "weights_alone": Slip(
            "These are the weights. What is asked for are the features, weighed.",
            wrong=lambda features, down, up: _weights(features.mean((2, 3)), down, up),
        ),
        "added": Slip(
            "You add the weighed features to the features. The skip belongs to the block around this.",
            wrong=lambda features, down, up: features + _by_products(features, down, up),
        ),
        "over_the_batch": Slip(
            "All images of a batch have the same weights in yours: you average over the batch as well.",
            wrong=_over_the_batch,
        ),
    },
    avoid=(),
    hints=(
        "How many numbers describe an image of c channels, if each channel is described by one?",
        "Mean over the pixels, (b, c); the first matrix and a ReLU, (b, few); the second and a sigmoid, (b, c). Then "
        "each channel is multiplied by its number, at all pixels alike.",
        "Begin with means = features.mean((2, 3)), (b, c). A matrix (few, c) is applied to it by means @ down.T.",
    ),
    hides=("srkit.models.rcan:attend",),
)
