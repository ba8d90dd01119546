"""Exercise 00.1: from the bytes of a file to the tensors of the course."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_00
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

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


EXERCISE = Exercise(
    answer="to_float",
    number="0.1",
    title="From bytes to a tensor",
    difficulty=1,
    importance=5,
    minutes=5,
    criteria=(
        Criterion(name="shape", points=1, text="(h, w, 3) becomes (3, h, w)"),
        Criterion(name="values", points=1, text="0 becomes 0, 255 becomes 1, as float32"),
        Criterion(name="square", points=1, text="each channel keeps its rows and columns", hidden=True),
    ),
    cases=_cases,
    perform=lesson_00.to_float,
    references=(_reference,),
    tolerance=Tolerance(absolute=1e-6, relative=0.0, reason="dividing and multiplying by 1/255 differ by 1e-7"),
    slips={
        "not_divided": Slip(
            "Your largest value is 255. A white pixel of the course is 1.",
            wrong=lambda pixels: pixels.permute(2, 0, 1).float(),
        ),
        "reshaped": Slip(
            "The shape is right and the pixels are scrambled: reshape reads them in their old order. The axes have to "
            "change places.",
            wrong=lambda pixels: pixels.reshape(3, *pixels.shape[:2]).float() / 255,
        ),
        "turned": Slip(
            "Rows and columns have changed places too. Which axis is the height?",
            wrong=lambda pixels: pixels.T.float() / 255,
        ),
        "channels_last": Slip(
            "The channels still come last. PyTorch has them first.",
            wrong=lambda pixels: pixels.float() / 255,
        ),
        "divided_by_256": Slip(
            "White comes out a little below 1. How many steps lie between level 0 and level 255?",
            wrong=lambda pixels: pixels.permute(2, 0, 1).float() / 256,
        ),
    },
    avoid=(),
    hints=(
        "Two things change: the order of the axes, and the range of the numbers.",
        "permute names the old axes in their new order. Bytes must become floats before they are divided.",
        "The new first axis is the old axis number 2.",
    ),
    hides=("srkit.ops.pixels:from_uint8",),
)
