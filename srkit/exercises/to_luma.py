"""Exercise 02.2: the luma on which the papers measure."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_02
from srkit.exercises._model import Case, define, noise
from srkit.ops.color import rgb_to_y

__all__ = ["EXERCISE"]

_WEIGHTS = (65.481, 128.553, 24.966)


def _mixed(image: Tensor, weights: tuple[float, float, float], black: float) -> Tensor:
    row = torch.tensor(weights, dtype=image.dtype).reshape(3, 1, 1)
    return ((row * image).sum(-3, keepdim=True) + black) / 255


def _cases(seed: int) -> list[Case]:
    extremes = noise(1, 3, 4, seed=seed + 4).round().expand(3, -1, -1).clone()
    extremes[:, 0, :2] = torch.tensor([0.0, 1.0])
    primaries = torch.eye(3).reshape(3, 1, 3) * (0.3 + 0.7 * noise(1, 1, 3, seed=seed))
    return [
        Case(criterion="range", inputs={"image": extremes}),
        Case(criterion="colours", inputs={"image": primaries}),
        Case(criterion="colours", inputs={"image": noise(3, 4, 5, seed=seed + 2)}),
        Case(criterion="batch", inputs={"image": noise(2, 3, 3, 4, seed=seed + 6)}),
    ]


EXERCISE = define(
    lesson_02.to_luma,
    cases=_cases,
    references=(rgb_to_y,),
    wrong={
        "full_range": lambda image: _mixed(image, (76.245, 149.685, 29.07), 0.0),
        "offset_forgotten": lambda image: _mixed(image, _WEIGHTS, 0.0),
        "not_divided": lambda image: 255 * _mixed(image, _WEIGHTS, 16.0),
        "red_and_blue_swapped": lambda image: _mixed(image, _WEIGHTS[::-1], 16.0),
        "plain_mean": lambda image: image.mean(-3, keepdim=True) * 219 / 255 + 16 / 255,
    },
)
