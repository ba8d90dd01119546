"""Exercise 12.1: the round Gaussian, the blur kernel of half the literature."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from srkit.degrade import gaussian_widths
from srkit.exercises._beside import lesson_12
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]


def _squares(size: int, middle: float | None = None) -> Tensor:
    """Return the squared distance of every place from the middle: (size, size)."""
    line = torch.arange(size) - ((size - 1) / 2 if middle is None else middle)
    return line[:, None] ** 2 + line**2


def _normalised(kernel: Tensor) -> Tensor:
    return kernel / kernel.sum()


def _reference(size: int, sigma: float) -> Tensor:
    return gaussian_widths(size, sigma).to(torch.get_default_dtype())


def _cases(seed: int) -> list[Case]:
    first, second, third = (0.9 + 0.4 * noise(3, seed=seed + 5)).tolist()
    return [
        Case(criterion="shape", inputs={"size": 7, "sigma": first}),
        Case(criterion="shape", inputs={"size": 11, "sigma": 1.2 * second}),
        Case(criterion="cut", inputs={"size": 5, "sigma": 2 * third}),
        Case(criterion="even", inputs={"size": 8, "sigma": second}),
    ]


EXERCISE = define(
    lesson_12.round_kernel,
    cases=_cases,
    references=(_reference,),
    wrong={
        "variance_for_width": lambda size, sigma: _normalised(torch.exp(-_squares(size) / (2 * sigma))),
        "two_forgotten": lambda size, sigma: _normalised(torch.exp(-_squares(size) / sigma**2)),
        "not_normalised": lambda size, sigma: torch.exp(-_squares(size) / (2 * sigma**2)),
        "textbook_constant": lambda size, sigma: torch.exp(-_squares(size) / (2 * sigma**2)) / (2 * math.pi * sigma**2),
        "middle_on_a_pixel": lambda size, sigma: _normalised(torch.exp(-_squares(size, size // 2) / (2 * sigma**2))),
        "distance_not_squared": lambda size, sigma: _normalised(torch.exp(-_squares(size).sqrt() / (2 * sigma**2))),
    },
)
