"""Exercise 02.4: structural similarity of small windows."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_02
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]

_C1, _C2 = 0.01**2, 0.03**2


def _moments(x: Tensor, y: Tensor, weights: Tensor) -> tuple[Tensor, ...]:
    """Return means, variances and the covariance of (n, k) windows under weights (k,)."""
    x, y, weights = x.double(), y.double(), weights.double()
    mx, my = x @ weights, y @ weights
    return mx, my, x.square() @ weights - mx**2, y.square() @ weights - my**2, (x * y) @ weights - mx * my


def _ssim(x: Tensor, y: Tensor, weights: Tensor, c1: float = _C1, c2: float = _C2, twice: float = 2.0) -> Tensor:
    mx, my, vx, vy, cov = _moments(x, y, weights)
    value = (2 * mx * my + c1) * (twice * cov + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
    return value.to(x.dtype)


def _without_luminance(x: Tensor, y: Tensor, weights: Tensor) -> Tensor:
    _, _, vx, vy, cov = _moments(x, y, weights)
    return ((2 * cov + _C2) / (vx + vy + _C2)).to(x.dtype)


def _deviations(x: Tensor, y: Tensor, weights: Tensor) -> Tensor:
    mx, my, vx, vy, cov = _moments(x, y, weights)
    value = (2 * mx * my + _C1) * (2 * cov + _C2) / ((mx**2 + my**2 + _C1) * (vx.sqrt() + vy.sqrt() + _C2))
    return value.to(x.dtype)


def _cases(seed: int) -> list[Case]:
    even = torch.full((9,), 1 / 9)
    bell = torch.tensor([1.0, 2, 1, 2, 4, 2, 1, 2, 1]) / 16
    x, error = noise(4, 9, seed=seed + 1), noise(4, 9, seed=seed + 2) - 0.5
    flat = torch.full((2, 9), 0.25) * torch.tensor([[1.0], [2.0]])
    return [
        Case(criterion="value", inputs={"x": x, "y": 0.6 * x + 0.3 * error, "weights": even}),
        Case(criterion="value", inputs={"x": 0.05 * x, "y": 0.05 * x.flip(0), "weights": even}),
        Case(criterion="same", inputs={"x": x, "y": x.clone(), "weights": even}),
        Case(criterion="flat", inputs={"x": flat, "y": flat + 0.1, "weights": even}),
        Case(criterion="weights", inputs={"x": x, "y": 0.6 * x.roll(1, 0), "weights": bell}),
    ]


EXERCISE = define(
    lesson_02.ssim_windows,
    cases=_cases,
    references=(_ssim,),
    wrong={
        "constants_forgotten": lambda x, y, weights: _ssim(x, y, weights, 0.0, 0.0),
        "constants_for_255": lambda x, y, weights: _ssim(x, y, weights, 6.5025, 58.5225),
        "covariance_once": lambda x, y, weights: _ssim(x, y, weights, twice=1.0),
        "luminance_forgotten": _without_luminance,
        "deviations": _deviations,
        "weights_ignored": lambda x, y, weights: _ssim(x, y, torch.full_like(weights, 1 / len(weights))),
    },
)
