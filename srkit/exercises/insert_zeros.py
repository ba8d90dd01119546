"""Exercise 04.1: zeros between the pixels, the first half of a transposed convolution."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import lesson_04
from srkit.exercises._model import Case, define, noise
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


EXERCISE = define(
    lesson_04.insert_zeros,
    cases=_cases,
    references=(insert_zeros,),
    wrong={
        "zeros_at_the_end": _with_a_last_gap,
        "copied": lambda image, stride: image.repeat_interleave(stride, -2).repeat_interleave(stride, -1),
        "one_direction": lambda image, stride: F.conv_transpose2d(
            image[:, None], torch.ones(1, 1, 1, 1), stride=(1, stride)
        )[:, 0],
        "stride_zeros": lambda image, stride: insert_zeros(image, stride + 1),
    },
)
