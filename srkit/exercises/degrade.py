"""Exercise 01.1: the degradation model, from the large image to the small one."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import Value, lesson_01
from srkit.exercises._model import Case, define, noise
from srkit.ops import convolve

__all__ = ["EXERCISE"]


def _library(image: Tensor, kernel: Tensor, scale: int, disturbance: Tensor) -> Tensor:
    return convolve(image, kernel)[:, ::scale, ::scale] + disturbance


def _wrong(
    image: Tensor, kernel: Tensor, scale: int, disturbance: Tensor, *, border: str = "replicate", first: int = 0
) -> Tensor:
    wide = F.pad(image, [len(kernel) // 2] * 4, mode=border)
    blurred = F.conv2d(wide[:, None], kernel.flip(0, 1)[None, None])[:, 0]
    return blurred[:, first::scale, first::scale] + disturbance


def _blurred_late(image: Tensor, kernel: Tensor, scale: int, disturbance: Tensor) -> Tensor:
    return convolve(image[:, ::scale, ::scale].contiguous(), kernel) + disturbance


def _inputs(seed: int, *, scale: int = 2, even: bool = False, size: int = 5) -> dict[str, Value]:
    kernel = noise(size, size, seed=seed + 1) ** 2
    if even:
        kernel = kernel + kernel.flip(0, 1)
    return {
        "image": noise(3, 6 * scale, 8 * scale, seed=seed),
        "kernel": kernel / kernel.sum(),
        "scale": scale,
        "noise": 0.1 * (noise(3, 6, 8, seed=seed + 2) - 0.5),
    }


def _cases(seed: int) -> list[Case]:
    return [
        Case(criterion="symmetric", inputs=_inputs(seed + 1, even=True)),
        Case(criterion="any", inputs=_inputs(seed + 11)),
        Case(criterion="scale", inputs=_inputs(seed + 21, scale=3, size=7)),
    ]


EXERCISE = define(
    lesson_01.degrade,
    cases=_cases,
    references=(_library,),
    wrong={
        "correlated": lambda image, kernel, scale, disturbance: _library(image, kernel.flip(0, 1), scale, disturbance),
        "zeros_at_the_border": lambda *given: _wrong(*given, border="constant"),
        "another_first_pixel": lambda *given: _wrong(*given, first=1),
        "not_blurred": lambda image, kernel, scale, disturbance: image[:, ::scale, ::scale] + disturbance,
        "blurred_late": _blurred_late,
        "no_noise": lambda image, kernel, scale, disturbance: _library(image, kernel, scale, 0 * disturbance),
    },
)
