"""Exercise 00.1: from the bytes of a file to the tensors of the course."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_00
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]


def _reference(pixels: Tensor) -> Tensor:
    return torch.einsum("hwc->chw", pixels.to(torch.float32)) * (1 / 255)


def _pixels(seed: int, h: int, w: int) -> Tensor:
    return (256 * noise(h, w, 3, seed=seed)).to(torch.uint8)


def _cases(seed: int) -> list[Case]:
    extremes = _pixels(seed + 3, 2, 2)
    extremes[0, 0], extremes[1, 1] = 0, 255
    return [
        Case(criterion="shape", inputs={"pixels": _pixels(seed + 1, 4, 6)[:, :, :1].expand(-1, -1, 3).clone()}),
        Case(criterion="values", inputs={"pixels": extremes}),
        Case(criterion="values", inputs={"pixels": _pixels(seed + 2, 5, 3)}),
        Case(criterion="square", inputs={"pixels": _pixels(seed + 5, 3, 3)}),
    ]


EXERCISE = define(
    lesson_00.to_float,
    cases=_cases,
    references=(_reference,),
    wrong={
        "not_divided": lambda pixels: pixels.permute(2, 0, 1).float(),
        "reshaped": lambda pixels: pixels.reshape(3, *pixels.shape[:2]).float() / 255,
        "turned": lambda pixels: pixels.T.float() / 255,
        "channels_last": lambda pixels: pixels.float() / 255,
        "divided_by_256": lambda pixels: pixels.permute(2, 0, 1).float() / 256,
    },
)
