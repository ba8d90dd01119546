"""Exercise 06.4: how much each of several results should count in their sum."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_06
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]


def _least_squares(opinions: Tensor, truth: Tensor) -> Tensor:
    a, b = opinions.double().T, truth.double()[:, None]  # (p, n), (p, 1)
    weights: Tensor = torch.linalg.lstsq(a, b, driver="gelsd").solution[:, 0]
    return weights.to(opinions.dtype)


def _sum_of_one(opinions: Tensor, truth: Tensor) -> Tensor:
    weights = _least_squares(opinions, truth)
    return weights / weights.sum()


def _by_quality(opinions: Tensor, truth: Tensor) -> Tensor:
    quality = 1 / (opinions - truth).square().mean(1)
    return quality / quality.sum()


def _mixed(weights: list[float], opinions: Tensor) -> Tensor:
    """Return the weighted sum, one product and one sum at a time: to the bit the same on every processor."""
    mixed = torch.zeros_like(opinions[0])
    for weight, opinion in zip(weights, opinions, strict=True):
        mixed = mixed + weight * opinion
    return mixed


def _cases(seed: int) -> list[Case]:
    x = noise(60, seed=seed)
    errors = noise(3, 60, seed=seed + 1) - 0.5
    independent = x + torch.tensor([[0.4], [0.2], [0.6]]) * errors
    blurred = (x + x.roll(1) + x.roll(2)) / 3
    alike = torch.stack([blurred, 0.7 * blurred + 0.3 * noise(60, seed=seed + 2)])
    exact = torch.stack([2 * errors[0], x + errors[0]])
    rest = 0.02 * (noise(60, seed=seed + 3) - 0.5)  # so that no combination is perfect, and every weight positive
    return [
        Case(criterion="single", inputs={"opinions": independent[:1], "truth": x}),
        Case(
            criterion="several",
            inputs={"opinions": independent, "truth": _mixed([0.5, 0.3, 0.4], independent) + rest},
        ),
        Case(criterion="several", inputs={"opinions": alike, "truth": _mixed([0.6, 0.7], alike) + rest}),
        Case(criterion="negative", inputs={"opinions": exact, "truth": x}),
    ]


EXERCISE = define(
    lesson_06.fusion_weights,
    cases=_cases,
    references=(_least_squares,),
    wrong={
        "plain_mean": lambda opinions, truth: torch.full_like(opinions[:, 0], 1 / len(opinions)),
        "made_to_sum_to_one": _sum_of_one,
        "each_for_itself": lambda opinions, truth: (opinions @ truth) / opinions.square().sum(1),
        "by_quality": _by_quality,
        "none_below_zero": lambda opinions, truth: _least_squares(opinions, truth).clamp_min(0),
    },
)
