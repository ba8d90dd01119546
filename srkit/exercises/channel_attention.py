"""Exercise 07.1: channel attention, as in RCAN."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import Value, lesson_07
from srkit.exercises._model import Case, define, evenly, noise

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
    level = evenly(0.2, 2.0, b * c).reshape(b, c, 1, 1)
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


EXERCISE = define(
    lesson_07.channel_attention,
    cases=_cases,
    references=(_by_products,),
    wrong={
        "maximum": lambda features, down, up: features * _weights(features.amax((2, 3)), down, up)[:, :, None, None],
        "no_relu": _no_relu,
        "softmax": _softmax,
        "weights_alone": lambda features, down, up: _weights(features.mean((2, 3)), down, up),
        "added": lambda features, down, up: features + _by_products(features, down, up),
        "over_the_batch": _over_the_batch,
    },
)
