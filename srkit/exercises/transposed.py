"""Exercise 04.2: a transposed convolution with the operations of an ordinary one."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import lesson_04
from srkit.exercises._model import Case, define, noise
from srkit.ops.transposed import insert_zeros

__all__ = ["EXERCISE"]


def _torchs(image: Tensor, kernel: Tensor, stride: int) -> Tensor:
    return F.conv_transpose2d(image[None, None], kernel[None, None], stride=stride)[0, 0]


def _convolved(image: Tensor, kernel: Tensor, stride: int, *, flip: bool, pad: int | None = None) -> Tensor:
    large = insert_zeros(image[None], stride)[None]
    margin = kernel.shape[-1] - 1 if pad is None else pad
    weight = kernel.flip(0, 1) if flip else kernel
    return F.conv2d(F.pad(large, [margin] * 4), weight[None, None])[0, 0]


def _cases(seed: int) -> list[Case]:
    dot = torch.zeros(3, 3)
    dot[1, 1] = 1.0
    return [
        Case(criterion="dot", inputs={"image": dot, "kernel": noise(3, 3, seed=seed + 1), "stride": 2}),
        Case(
            criterion="image",
            inputs={"image": noise(4, 5, seed=seed + 2), "kernel": noise(4, 4, seed=seed), "stride": 2},
        ),
        Case(
            criterion="stride",
            inputs={"image": noise(3, 3, seed=seed + 4), "kernel": noise(5, 5, seed=seed), "stride": 3},
        ),
    ]


EXERCISE = define(
    lesson_04.transposed,
    cases=_cases,
    references=(_torchs,),
    wrong={
        "kernel_not_flipped": lambda image, kernel, stride: _convolved(image, kernel, stride, flip=False),
        "no_margin": lambda image, kernel, stride: _convolved(image, kernel, stride, flip=True, pad=0),
        "same_size_margin": lambda image, kernel, stride: _convolved(
            image, kernel, stride, flip=True, pad=kernel.shape[-1] // 2
        ),
        "stride_forgotten": lambda image, kernel, stride: _torchs(image, kernel, 1),
        "transposed_kernel": lambda image, kernel, stride: _torchs(image, kernel.T, stride),
    },
)
