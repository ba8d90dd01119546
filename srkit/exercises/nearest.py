"""Exercise 00.3: the simplest enlargement there is."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import lesson_00
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]


def _reference(image: Tensor, scale: int) -> Tensor:
    return image.repeat_interleave(scale, -2).repeat_interleave(scale, -1)


def _with_torch(image: Tensor, scale: int) -> Tensor:
    return F.interpolate(image[None], scale_factor=scale, mode="nearest")[0]


def _cases(seed: int) -> list[Case]:
    return [
        Case(criterion="twice", inputs={"image": noise(3, 4, 4, seed=seed + 1), "scale": 2}),
        Case(criterion="oblong", inputs={"image": noise(3, 2, 5, seed=seed + 2), "scale": 2}),
        Case(criterion="scale", inputs={"image": noise(1, 3, 4, seed=seed + 3), "scale": 3}),
    ]


EXERCISE = define(
    lesson_00.nearest,
    cases=_cases,
    references=(_with_torch,),
    wrong={
        "tiled": lambda image, scale: image.repeat(1, scale, scale),
        "one_direction": lambda image, scale: image.repeat_interleave(scale, -1),
        "zeros_between": lambda image, scale: torch.kron(image, torch.eye(scale)[:1].T @ torch.eye(scale)[:1]),
        "always_two": lambda image, scale: _reference(image, 2),
    },
)
