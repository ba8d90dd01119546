"""Exercise 12.4: a kernel as a few numbers, read column by column."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from srkit.degrade import gaussian_variances, srmd_code
from srkit.exercises._beside import lesson_12
from srkit.exercises._model import Case, define, noise

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


EXERCISE = define(
    lesson_12.kernel_code,
    cases=_cases,
    references=(srmd_code,),
    wrong={
        "row_by_row": lambda kernel, basis: kernel.flatten(-2) @ basis.T,
        "mean_removed": lambda kernel, basis: (
            (kernel - kernel.mean((-2, -1), keepdim=True)).transpose(-1, -2).flatten(-2) @ basis.T
        ),
        "turned": lambda kernel, basis: kernel.flip(-1, -2).transpose(-1, -2).flatten(-2) @ basis.T,
        "highest_is_one": lambda kernel, basis: (
            (kernel / kernel.amax((-2, -1), keepdim=True)).transpose(-1, -2).flatten(-2) @ basis.T
        ),
    },
)
