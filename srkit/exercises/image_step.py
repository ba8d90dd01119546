"""Exercise 14.4: the gradient step of an image whose blur is known, as KXNet unrolls it (ECCV 2022)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import lesson_14
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]


def _made(x: Tensor, kernel: Tensor, scale: int) -> Tensor:
    """Blur with zeros outside and keep every scale-th pixel: (c, s*h, s*w) -> (c, h, w)."""
    return F.conv2d(x[:, None], kernel[None, None], stride=scale, padding=kernel.shape[-1] // 2)[:, 0]


def _spread(error: Tensor, kernel: Tensor, scale: int) -> Tensor:
    """Put zeros between the pixels, and lay the given kernel on by correlation: (c, h, w) -> (c, s*h, s*w)."""
    c, h, w = error.shape
    apart = error.new_zeros(c, scale * h, scale * w)
    apart[:, ::scale, ::scale] = error
    return F.conv2d(apart[:, None], kernel[None, None], padding=kernel.shape[-1] // 2)[:, 0]


def _by_hand(x: Tensor, y: Tensor, kernel: Tensor, scale: int, step: float) -> Tensor:
    return x - step * _spread(_made(x, kernel, scale) - y, kernel.flip(0, 1), scale)


def _cases(seed: int) -> list[Case]:
    kernel, wide = noise(3, 3, seed=seed) ** 2, noise(5, 5, seed=seed + 1) ** 2
    kernel, wide = kernel / kernel.sum(), wide / wide.sum()
    dot = torch.zeros(1, 5, 5)
    dot[:, 2, 2] = 1.0
    two = {"x": noise(3, 12, 8, seed=seed + 2), "y": noise(3, 6, 4, seed=seed + 3), "kernel": wide, "scale": 2}
    three = {"x": noise(1, 9, 12, seed=seed + 4), "y": noise(1, 3, 4, seed=seed + 5), "kernel": wide, "scale": 3}
    return [
        Case(
            criterion="dot", inputs={"x": torch.zeros(1, 10, 10), "y": dot, "kernel": kernel, "scale": 2, "step": 1.0}
        ),
        Case(criterion="step", inputs={**two, "step": 2.5}),
        Case(criterion="scale", inputs={**three, "step": 4.0}),
    ]


EXERCISE = define(
    lesson_14.image_step,
    cases=_cases,
    references=(_by_hand,),
    raises={"one_row_missing": "must match the size of tensor"},
    wrong={
        "kernel_not_turned": lambda x, y, kernel, scale, step: (
            x - step * _spread(_made(x, kernel, scale) - y, kernel, scale)
        ),
        "uphill": lambda x, y, kernel, scale, step: (
            x + step * _spread(_made(x, kernel, scale) - y, kernel.flip(0, 1), scale)
        ),
        "twice_the_slope": lambda x, y, kernel, scale, step: _by_hand(x, y, kernel, scale, 2 * step),
        "repeated_error": lambda x, y, kernel, scale, step: (
            x
            - step
            * _spread(
                (_made(x, kernel, scale) - y).repeat_interleave(scale, 1).repeat_interleave(scale, 2),
                kernel.flip(0, 1),
                1,
            )
        ),
        "not_blurred_back": lambda x, y, kernel, scale, step: (
            x - step * _spread(_made(x, kernel, scale) - y, torch.ones(1, 1).to(kernel), scale)
        ),
    },
)
