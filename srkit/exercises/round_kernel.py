"""Exercise 12.1: the round Gaussian, the blur kernel of half the literature."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from srkit.degrade import gaussian_widths
from srkit.exercises._beside import lesson_12
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

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


EXERCISE = Exercise(
    answer="round_kernel",
    number="12.1",
    title="A round Gaussian kernel",
    difficulty=2,
    importance=5,
    minutes=10,
    criteria=(
        Criterion(name="shape", points=2, text="the weights fall as they should around the middle"),
        Criterion(name="cut", points=1, text="a wide Gaussian on a small square still adds up to 1"),
        Criterion(name="even", points=1, text="on a square of even side the middle lies between pixels", hidden=True),
    ),
    cases=_cases,
    perform=lesson_12.round_kernel,
    references=(_reference,),
    tolerance=Tolerance(absolute=1e-6, relative=1e-4, reason="exponentials and their sum differ by 1e-7 in float32"),
    slips={
        "variance_for_width": Slip(
            "You divide by sigma where its square belongs: sigma is a width in pixels, and squared distances are "
            "compared with its square.",
            wrong=lambda size, sigma: _normalised(torch.exp(-_squares(size) / (2 * sigma))),
        ),
        "two_forgotten": Slip(
            "Your kernel is too narrow by a factor of about 1.4. Which number stands beside sigma squared?",
            wrong=lambda size, sigma: _normalised(torch.exp(-_squares(size) / sigma**2)),
        ),
        "not_normalised": Slip(
            "The weights do not add up to 1, so the image would become brighter.",
            wrong=lambda size, sigma: torch.exp(-_squares(size) / (2 * sigma**2)),
        ),
        "textbook_constant": Slip(
            "You divide by the integral over the whole plane. The square cuts the Gaussian off, and what is left of it "
            "does not add up to 1.",
            wrong=lambda size, sigma: torch.exp(-_squares(size) / (2 * sigma**2)) / (2 * math.pi * sigma**2),
        ),
        "middle_on_a_pixel": Slip(
            "On a square of even side there is no middle pixel: the middle lies at (size - 1) / 2.",
            wrong=lambda size, sigma: _normalised(torch.exp(-_squares(size, size // 2) / (2 * sigma**2))),
        ),
        "distance_not_squared": Slip(
            "The weights fall with the distance, not with its square: a tent with a sharp tip.",
            wrong=lambda size, sigma: _normalised(torch.exp(-_squares(size).sqrt() / (2 * sigma**2))),
        ),
    },
    avoid=(),
    hints=(
        "Take a square of 3 by 3 and write down how far each of the nine places lies from the middle.",
        "First the squared distances of all places, by broadcasting a column against a row; then one exponential of "
        "all of them; the sum is divided away at the end.",
        "Begin with line = torch.arange(size) - (size - 1) / 2, the places along one side, counted from the middle.",
    ),
    hides=(
        "srkit.ops.kernels:gaussian",
        "srkit.degrade.kernels:gaussian_widths",
        "srkit.degrade.kernels:gaussian_variances",
    ),
)
