"""Exercise 04.1: zeros between the pixels, the first half of a transposed convolution."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import lesson_04
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise
from srkit.ops.transposed import insert_zeros

__all__ = ["EXERCISE"]


def _with_a_last_gap(image: Tensor, stride: int) -> Tensor:
    large = torch.zeros(*image.shape[:-2], stride * image.shape[-2], stride * image.shape[-1])
    large[..., ::stride, ::stride] = image
    return large


def _cases(seed: int) -> list[Case]:
    return [
        Case(criterion="size", inputs={"image": noise(1, 3, 3, seed=seed + 1) + 0.1, "stride": 2}),
        Case(criterion="places", inputs={"image": noise(2, 3, 5, seed=seed + 2) + 0.1, "stride": 2}),
        Case(criterion="stride", inputs={"image": noise(1, 4, 2, seed=seed + 3) + 0.1, "stride": 3}),
        Case(criterion="stride", inputs={"image": noise(1, 2, 3, seed=seed + 4), "stride": 1}),
    ]


EXERCISE = Exercise(
    answer="insert_zeros",
    number="4.1",
    title="Zeros between the pixels",
    difficulty=1,
    importance=4,
    minutes=10,
    criteria=(
        Criterion(name="size", points=1, text="3x3 pixels at stride 2 become 5x5"),
        Criterion(name="places", points=1, text="every pixel lies where it should, with zeros between"),
        Criterion(name="stride", points=1, text="other strides work, 1 included", hidden=True),
    ),
    cases=_cases,
    perform=lesson_04.insert_zeros,
    references=(insert_zeros,),
    tolerance=Tolerance(absolute=0, relative=0.0, reason="pixels are copied, and copies are exact"),
    slips={
        "zeros_at_the_end": Slip(
            "There are zeros after the last pixel, too. Zeros go between pixels only.",
            wrong=_with_a_last_gap,
        ),
        "copied": Slip(
            "You repeat the pixels, as nearest neighbour does. The new places should hold zeros.",
            wrong=lambda image, stride: image.repeat_interleave(stride, -2).repeat_interleave(stride, -1),
        ),
        "one_direction": Slip(
            "Zeros are inserted in one direction only.",
            wrong=lambda image, stride: F.conv_transpose2d(image[:, None], torch.ones(1, 1, 1, 1), stride=(1, stride))[
                :, 0
            ],
        ),
        "stride_zeros": Slip(
            "You put as many zeros between two pixels as the stride. How far apart do neighbours lie then?",
            wrong=lambda image, stride: insert_zeros(image, stride + 1),
        ),
    },
    avoid=("conv_transpose2d", "ConvTranspose2d"),
    hints=(
        "How many gaps lie between h pixels, and how many zeros go into each?",
        "Make an image of zeros of the final size, then assign the old pixels to every stride-th place of it.",
        "The final height is (h - 1) * stride + 1; large[..., ::stride, ::stride] names the places.",
    ),
)
