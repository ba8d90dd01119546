"""Exercise 12.2: the anisotropic Gaussian from its covariance matrix."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from srkit.degrade import gaussian_variances
from srkit.exercises._beside import lesson_12
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]


def _reference(size: int, variance_1: float, variance_2: float, theta: float) -> Tensor:
    return gaussian_variances(size, variance_1, variance_2, theta).to(torch.get_default_dtype())


def _covariance(variance_1: float, variance_2: float, theta: float) -> Tensor:
    c, s = math.cos(theta), math.sin(theta)
    off = c * s * (variance_1 - variance_2)
    return torch.tensor(
        [[c * c * variance_1 + s * s * variance_2, off], [off, s * s * variance_1 + c * c * variance_2]]
    )


def _with_form(size: int, form: Tensor) -> Tensor:
    """Return exp(-z' form z / 2), z = (x, y) from the middle, divided by its sum: (size, size)."""
    line = torch.arange(size) - (size - 1) / 2
    y, x = line[:, None], line[None, :]
    kernel = torch.exp(-(form[0, 0] * x * x + 2 * form[0, 1] * x * y + form[1, 1] * y * y) / 2)
    return kernel / kernel.sum()


def _cases(seed: int) -> list[Case]:
    a, b, c, d = noise(4, seed=seed + 9).tolist()
    return [
        Case(
            criterion="upright",
            inputs={"size": 11, "variance_1": 2.5 + a, "variance_2": 0.7 + 0.3 * b, "theta": 0.0},
        ),
        Case(
            criterion="tilted",
            inputs={"size": 13, "variance_1": 3 + b, "variance_2": 0.7 + 0.3 * c, "theta": 0.4 + 0.3 * d},
        ),
        Case(
            criterion="anywhere",
            inputs={"size": 10, "variance_1": 0.7 + 0.3 * c, "variance_2": 2.5 + d, "theta": 2 + 0.4 * a},
        ),
    ]


EXERCISE = define(
    lesson_12.tilted_kernel,
    cases=_cases,
    references=(_reference,),
    wrong={
        "widths_for_variances": lambda size, v1, v2, theta: _reference(size, v1**2, v2**2, theta),
        "inverse_forgotten": lambda size, v1, v2, theta: _with_form(size, _covariance(v1, v2, theta)),
        "other_way_round": lambda size, v1, v2, theta: _reference(size, v1, v2, -theta),
        "rows_for_columns": lambda size, v1, v2, theta: _reference(size, v1, v2, theta).T,
        "degrees": lambda size, v1, v2, theta: _reference(size, v1, v2, math.radians(theta)),
        "half_forgotten": lambda size, v1, v2, theta: _reference(size, v1 / 2, v2 / 2, theta),
    },
)
