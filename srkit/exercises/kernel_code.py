"""Exercise 12.4: a kernel as a few numbers, read column by column."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from srkit.degrade import gaussian_variances, srmd_code
from srkit.exercises._beside import lesson_12
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

__all__ = ["EXERCISE"]


def _basis(rows: int, side: int, seed: int) -> Tensor:
    drawn = noise(side * side, rows, seed=seed).double() - 0.5
    orthonormal: Tensor = torch.linalg.qr(drawn)[0]
    return orthonormal.T.float().contiguous()  # (rows, side * side)


def _weights(*shape: int, seed: int) -> Tensor:
    kernel = noise(*shape, seed=seed) ** 2
    return kernel / kernel.sum((-2, -1), keepdim=True)


def _cases(seed: int) -> list[Case]:
    leaning = gaussian_variances(7, 3.0 + float(noise(1, seed=seed)), 0.8, math.pi / 4).float()
    return [
        Case(criterion="symmetric", inputs={"kernel": (leaning + leaning.T) / 2, "basis": _basis(5, 7, seed + 1)}),
        Case(criterion="columns", inputs={"kernel": _weights(5, 5, seed=seed + 2), "basis": _basis(4, 5, seed + 3)}),
        Case(criterion="batch", inputs={"kernel": _weights(3, 5, 5, seed=seed + 4), "basis": _basis(6, 5, seed + 5)}),
    ]


EXERCISE = Exercise(
    answer="kernel_code",
    number="12.4",
    title="A kernel as a few numbers",
    difficulty=2,
    importance=4,
    minutes=10,
    criteria=(
        Criterion(name="symmetric", points=1, text="a kernel that equals its transpose gets its code"),
        Criterion(name="columns", points=2, text="every kernel does: it is read column by column"),
        Criterion(name="batch", points=1, text="many kernels (n, k, k) get their codes (n, m) at once", hidden=True),
    ),
    cases=_cases,
    perform=lesson_12.kernel_code,
    references=(srmd_code,),
    tolerance=Tolerance(absolute=2e-6, relative=1e-5, reason="sums of 49 products in another order differ by 1e-7"),
    slips={
        "row_by_row": Slip(
            "You read the kernel row by row, as PyTorch stores it. MATLAB stores columns, and the basis was made "
            "there.",
            wrong=lambda kernel, basis: kernel.flatten(-2) @ basis.T,
        ),
        "mean_removed": Slip(
            "You take the mean away first, as the usual principal components do. These are uncentred.",
            wrong=lambda kernel, basis: (
                (kernel - kernel.mean((-2, -1), keepdim=True)).transpose(-1, -2).flatten(-2) @ basis.T
            ),
        ),
        "turned": Slip(
            "The kernel is upside down. Turning it by 180 degrees is the business of blurring, not of its code.",
            wrong=lambda kernel, basis: kernel.flip(-1, -2).transpose(-1, -2).flatten(-2) @ basis.T,
        ),
        "highest_is_one": Slip(
            "You divide the kernel by its largest value. Its values are wanted as they are, adding up to 1.",
            wrong=lambda kernel, basis: (
                (kernel / kernel.amax((-2, -1), keepdim=True)).transpose(-1, -2).flatten(-2) @ basis.T
            ),
        ),
    },
    avoid=(),
    hints=(
        "Write the numbers 1 to 4 into a 2 by 2 matrix. In which order does MATLAB store them?",
        "Reading column by column is reading the transpose row by row. Then each number of the code is the product of "
        "the vector with one row of the basis.",
        "Count axes from the end: kernel.transpose(-1, -2) exchanges rows and columns of one kernel or of many.",
    ),
)
