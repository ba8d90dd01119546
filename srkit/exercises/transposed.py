"""Exercise 04.2: a transposed convolution with the operations of an ordinary one."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import lesson_04
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise
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


EXERCISE = Exercise(
    answer="transposed",
    number="4.2",
    title="Transposed convolution",
    difficulty=3,
    importance=4,
    minutes=15,
    criteria=(
        Criterion(name="dot", points=1, text="a single bright pixel becomes a copy of the kernel"),
        Criterion(name="image", points=2, text="every image becomes the sum of its pixels' copies"),
        Criterion(name="stride", points=1, text="other strides and kernels work", hidden=True),
    ),
    cases=_cases,
    perform=lesson_04.transposed,
    references=(_torchs,),
    tolerance=Tolerance(absolute=1e-5, relative=1e-5, reason="sums of 25 products in another order differ by 1e-6"),
    slips={
        "kernel_not_flipped": Slip(
            "A single pixel becomes the kernel upside down. A convolution in PyTorch does not flip its kernel, so you "
            "must.",
            wrong=lambda image, kernel, stride: _convolved(image, kernel, stride, flip=False),
        ),
        "no_margin": Slip(
            "Your result is too small: the copies of the pixels at the edge are cut off. Put a margin of zeros around "
            "the image first.",
            wrong=lambda image, kernel, stride: _convolved(image, kernel, stride, flip=True, pad=0),
        ),
        "same_size_margin": Slip(
            "Your margin is that of a convolution which keeps the size. Here each pixel at the edge needs room for a "
            "whole kernel.",
            wrong=lambda image, kernel, stride: _convolved(image, kernel, stride, flip=True, pad=kernel.shape[-1] // 2),
        ),
        "stride_forgotten": Slip(
            "The copies lie one pixel apart, whatever the stride.",
            wrong=lambda image, kernel, stride: _torchs(image, kernel, 1),
        ),
        "transposed_kernel": Slip(
            "The copies of the kernel are mirrored at the diagonal. Transposing the kernel is not what gives this "
            "operation its name.",
            wrong=lambda image, kernel, stride: _torchs(image, kernel.T, stride),
        ),
    },
    avoid=("conv_transpose2d", "ConvTranspose2d", "fold"),
    hints=(
        "What must come out for an image with a single pixel of value 1?",
        "Zeros between the pixels, a margin of zeros around, then an ordinary convolution with the kernel turned by "
        "180 degrees.",
        "The margin is k - 1 on each side, and kernel.flip(0, 1) turns the kernel.",
    ),
    hides=("srkit.ops.transposed:transposed_convolution",),
)
