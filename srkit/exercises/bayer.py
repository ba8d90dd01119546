"""Exercise 10.4: what a camera's sensor keeps of an image, one colour per pixel."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_10
from srkit.exercises._model import Case, define, noise
from srkit.ops.mosaic import mosaic

__all__ = ["EXERCISE"]


def _pattern(image: Tensor, pattern: str = "rggb") -> Tensor:
    return mosaic(image, pattern=pattern).sum(-3, keepdim=True)


def _halved(image: Tensor) -> Tensor:
    corners = [image[:, 0:1, ::2, ::2], image[:, 1:2, ::2, 1::2], image[:, 2:3, 1::2, 1::2]]
    return torch.cat(corners, 1)


def _cases(seed: int) -> list[Case]:
    level = 0.1 + 0.3 * noise(3, 1, 1, seed=seed) + torch.tensor([0.0, 0.2, 0.5]).reshape(3, 1, 1)
    return [
        Case(criterion="pattern", inputs={"image": level.expand(1, 3, 4, 4).clone()}),
        Case(criterion="detail", inputs={"image": noise(1, 3, 6, 4, seed=seed + 1)}),
        Case(criterion="odd", inputs={"image": noise(2, 3, 5, 7, seed=seed + 2)}),
    ]


EXERCISE = define(
    lesson_10.bayer,
    cases=_cases,
    references=(_pattern,),
    wrong={
        "begins_with_blue": lambda image: _pattern(image, "bggr"),
        "begins_with_green": lambda image: _pattern(image, "grbg"),
        "three_channels": lambda image: mosaic(image),
        "half_the_size": _halved,
        "mean_of_the_colours": lambda image: image.mean(1, keepdim=True),
    },
)
