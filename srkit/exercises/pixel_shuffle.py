"""Exercise 04.4: the sub-pixel layer's rearrangement."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import lesson_04
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]


def _other_order(x: Tensor, scale: int, order: tuple[int, ...]) -> Tensor:
    b, c, h, w = x.shape
    shape = (b, scale, scale, c // scale**2, h, w) if order[1] == 3 else (b, c // scale**2, scale, scale, h, w)
    return x.reshape(shape).permute(order).reshape(b, c // scale**2, scale * h, scale * w)


def _cases(seed: int) -> list[Case]:
    return [
        Case(criterion="one", inputs={"x": noise(1, 4, 2, 3, seed=seed + 1), "scale": 2}),
        Case(criterion="colour", inputs={"x": noise(1, 12, 3, 2, seed=seed + 2), "scale": 2}),
        Case(criterion="scale", inputs={"x": noise(2, 18, 2, 3, seed=seed + 3), "scale": 3}),
    ]


EXERCISE = define(
    lesson_04.pixel_shuffle,
    cases=_cases,
    references=(F.pixel_shuffle,),
    wrong={
        "only_reshaped": lambda x, scale: x.reshape(
            len(x), x.shape[1] // scale**2, scale * x.shape[2], scale * x.shape[3]
        ),
        "phases_turned": lambda x, scale: _other_order(x, scale, (0, 1, 4, 3, 5, 2)),
        "colours_mixed": lambda x, scale: _other_order(x, scale, (0, 3, 4, 1, 5, 2)),
        "blocks_side_by_side": lambda x, scale: _other_order(x, scale, (0, 1, 2, 4, 3, 5)),
    },
)
