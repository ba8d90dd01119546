"""Exercise 07.2: how the channels vary together."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_07
from srkit.exercises._model import Case, define, noise
from srkit.models.san import covariance

__all__ = ["EXERCISE"]


def _products(centred: Tensor) -> Tensor:
    pixels = centred.flatten(2)
    return torch.einsum("bin,bjn->bij", pixels, pixels) / pixels.shape[-1]


def _pixels(features: Tensor) -> Tensor:
    centred = (features - features.mean((2, 3), keepdim=True)).flatten(2)
    return centred.mT @ centred / centred.shape[-1]


def _sample(features: Tensor) -> Tensor:
    n = features.shape[2] * features.shape[3]
    return covariance(features) * n / (n - 1)


def _correlation(features: Tensor) -> Tensor:
    found = covariance(features)
    spread = found.diagonal(dim1=1, dim2=2).sqrt()
    return found / (spread[:, :, None] * spread[:, None, :])


def _cases(seed: int) -> list[Case]:
    raw = noise(1, 4, 5, 6, seed=seed)
    other = noise(3, 4, 5, 4, seed=seed + 3) + torch.tensor([0.0, 1.0, 2.0]).reshape(3, 1, 1, 1)
    return [
        Case(criterion="centred", inputs={"features": raw - raw.mean((2, 3), keepdim=True)}),
        Case(criterion="any", inputs={"features": noise(1, 5, 4, 6, seed=seed + 1) + 0.5}),
        Case(criterion="any", inputs={"features": noise(1, 3, 7, 3, seed=seed + 2) - 2}),
        Case(criterion="batch", inputs={"features": other}),
    ]


EXERCISE = define(
    lesson_07.covariance_pool,
    cases=_cases,
    references=(covariance,),
    wrong={
        "not_centred": lambda features: _products(features),
        "sum": lambda features: covariance(features) * features.shape[2] * features.shape[3],
        "sample": _sample,
        "pixels": _pixels,
        "correlation": _correlation,
        "over_the_batch": lambda features: _products(features - features.mean((0, 2, 3), keepdim=True)),
    },
)
