"""Exercise 00.2: from a tensor back to the bytes of a file."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_00
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]


def _reference(image: Tensor) -> Tensor:
    return (255 * image).round().clamp(0, 255).byte()


def _cases(seed: int) -> list[Case]:
    inside = noise(3, 4, 5, seed=seed + 1) * 0.9 + 0.05
    outside = 2 * noise(3, 3, 4, seed=seed + 2) - 0.5
    levels = ((256 * noise(3, 2, 6, seed=seed + 3)).floor() / 255).float()
    return [
        Case(criterion="levels", inputs={"image": levels}),
        Case(criterion="rounding", inputs={"image": inside}),
        Case(criterion="range", inputs={"image": outside}),
    ]


EXERCISE = define(
    lesson_00.to_bytes,
    cases=_cases,
    references=(_reference,),
    wrong={
        "cut_off": lambda image: (255 * image.clamp(0, 1)).to(torch.uint8),
        "wraps_around": lambda image: ((255 * image + 0.5).floor().to(torch.int64) % 256).to(torch.uint8),
        "times_256": lambda image: (256 * image.clamp(0, 1)).clamp(max=255).to(torch.uint8),
        "still_floats": lambda image: (255 * image.clamp(0, 1)).round(),
    },
)
