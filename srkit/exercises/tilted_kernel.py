"""Exercise 12.2: the anisotropic Gaussian from its covariance matrix."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from srkit.degrade import gaussian_variances
from srkit.exercises._beside import lesson_12
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

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


EXERCISE = Exercise(
    answer="tilted_kernel",
    number="12.2",
    title="A stretched and turned Gaussian kernel",
    difficulty=3,
    importance=4,
    minutes=15,
    criteria=(
        Criterion(name="upright", points=1, text="with theta = 0 the long axis lies along the row"),
        Criterion(name="tilted", points=2, text="a turned kernel has the right direction and the right widths"),
        Criterion(name="anywhere", points=1, text="every angle, and either axis the longer one", hidden=True),
    ),
    cases=_cases,
    perform=lesson_12.tilted_kernel,
    references=(_reference,),
    tolerance=Tolerance(
        absolute=2e-6, relative=1e-3, reason="the inverse of a 2 x 2 matrix in float32 moves the far tails by 1e-5"
    ),
    slips={
        "widths_for_variances": Slip(
            "You squared the two numbers: they are variances already. The section above is about just this confusion.",
            wrong=lambda size, v1, v2, theta: _reference(size, v1**2, v2**2, theta),
        ),
        "inverse_forgotten": Slip(
            "Your kernel is long where it should be short. The exponent holds the inverse of the covariance.",
            wrong=lambda size, v1, v2, theta: _with_form(size, _covariance(v1, v2, theta)),
        ),
        "other_way_round": Slip(
            "Your kernel leans the other way. Angles run from the right downwards here, because rows are counted "
            "downwards.",
            wrong=lambda size, v1, v2, theta: _reference(size, v1, v2, -theta),
        ),
        "rows_for_columns": Slip(
            "x and y have changed places: x counts columns, y counts rows. Which of them did meshgrid give first?",
            wrong=lambda size, v1, v2, theta: _reference(size, v1, v2, theta).T,
        ),
        "degrees": Slip(
            "The angle is in radians already.",
            wrong=lambda size, v1, v2, theta: _reference(size, v1, v2, math.radians(theta)),
        ),
        "half_forgotten": Slip(
            "Your kernel has half the variance that was asked for. What stands in front of the exponent?",
            wrong=lambda size, v1, v2, theta: _reference(size, v1 / 2, v2 / 2, theta),
        ),
    },
    avoid=(),
    hints=(
        "Without a turn, how does the weight fall along the row, and how along the column?",
        "Make the rotation matrix, with it the covariance; put x and y of every place into one tensor (size, size, 2) "
        "and multiply it from both sides to the inverse.",
        "Begin with the matrix Q of the formula; torch.tensor(theta).cos() is the cosine, and torch.stack with "
        "reshape(2, 2) makes a matrix of four numbers.",
    ),
    hides=(
        "srkit.ops.kernels:gaussian",
        "srkit.degrade.kernels:gaussian_widths",
        "srkit.degrade.kernels:gaussian_variances",
    ),
)
