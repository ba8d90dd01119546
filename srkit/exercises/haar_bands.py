"""Exercise 08.3: one level of the Haar transform."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_08
from srkit.exercises._model import Case, define, noise
from srkit.ops.wavelets import analyse

__all__ = ["EXERCISE"]


def _reordered(image: Tensor, order: list[int], signs: list[int]) -> Tensor:
    bands = torch.unflatten(analyse(image), 1, (4, -1))
    factors = torch.tensor(signs, dtype=image.dtype).reshape(1, 4, 1, 1, 1)
    return (bands[:, order] * factors).flatten(1, 2)


def _quarters(image: Tensor) -> Tensor:
    h, w = image.shape[-2] // 2, image.shape[-1] // 2
    a, b, c, d = image[..., :h, :w], image[..., :h, w:], image[..., h:, :w], image[..., h:, w:]
    return torch.cat([a + b + c + d, a - b + c - d, a + b - c - d, a - b - c + d], dim=1) / 2


def _cases(seed: int) -> list[Case]:
    level = 0.1 + 0.8 * float(noise(1, seed=seed + 5))
    return [
        Case(criterion="flat", inputs={"image": torch.full((1, 1, 4, 6), level)}),
        Case(criterion="grey", inputs={"image": noise(1, 1, 6, 4, seed=seed)}),
        Case(criterion="grey", inputs={"image": noise(2, 1, 4, 8, seed=seed + 1)}),
        Case(criterion="colour", inputs={"image": noise(2, 3, 6, 8, seed=seed + 2)}),
    ]


EXERCISE = define(
    lesson_08.haar_bands,
    cases=_cases,
    references=(analyse,),
    wrong={
        "mean": lambda image: analyse(image) / 2,
        "sum": lambda image: analyse(image) * 2,
        "bands_swapped": lambda image: _reordered(image, [0, 2, 1, 3], [1, 1, 1, 1]),
        "other_sign": lambda image: _reordered(image, [0, 1, 2, 3], [1, -1, -1, 1]),
        "channel_by_channel": lambda image: torch.unflatten(analyse(image), 1, (4, -1)).transpose(1, 2).flatten(1, 2),
        "quarters": _quarters,
    },
)
