"""Exercise 06.4: how much each of several results should count in their sum."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_06
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

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


def _cases(seed: int) -> list[Case]:
    x = noise(60, seed=seed)
    errors = noise(3, 60, seed=seed + 1) - 0.5
    independent = x + torch.tensor([[0.4], [0.2], [0.6]]) * errors
    blurred = torch.stack([x, x.roll(1), x.roll(2)]).mean(0)
    alike = torch.stack([blurred, 0.7 * blurred + 0.3 * noise(60, seed=seed + 2)])
    exact = torch.stack([2 * errors[0], x + errors[0]])
    rest = 0.02 * (noise(60, seed=seed + 3) - 0.5)  # so that no combination is perfect, and every weight positive
    return [
        Case(criterion="single", inputs={"opinions": independent[:1], "truth": x}),
        Case(
            criterion="several",
            inputs={"opinions": independent, "truth": torch.tensor([0.5, 0.3, 0.4]) @ independent + rest},
        ),
        Case(criterion="several", inputs={"opinions": alike, "truth": torch.tensor([0.6, 0.7]) @ alike + rest}),
        Case(criterion="negative", inputs={"opinions": exact, "truth": x}),
    ]


EXERCISE = Exercise(
    answer="fusion_weights",
    number="6.4",
    title="The best weights for a sum of results",
    difficulty=2,
    importance=3,
    minutes=10,
    criteria=(
        Criterion(name="single", points=1, text="one result alone gets the factor that suits it best"),
        Criterion(name="several", points=1, text="several results get the weights of least squared error"),
        Criterion(
            name="negative", points=1, text="a result that knows the error of another may be taken off", hidden=True
        ),
    ),
    cases=_cases,
    perform=lesson_06.fusion_weights,
    references=(_least_squares,),
    tolerance=Tolerance(
        absolute=2e-3, relative=2e-3, reason="least squares in float32, by whatever method, keeps four digits"
    ),
    slips={
        "plain_mean": Slip(
            "You give the same weight to all, whatever the truth is.",
            wrong=lambda opinions, truth: torch.full_like(opinions[:, 0], 1 / len(opinions)),
        ),
        "made_to_sum_to_one": Slip(
            "You divide by the sum of the weights. Nothing demands that they add up to 1.",
            wrong=_sum_of_one,
        ),
        "each_for_itself": Slip(
            "You find the best factor for each result as if it were alone. Results that are alike then count twice.",
            wrong=lambda opinions, truth: (opinions @ truth) / opinions.square().sum(1),
        ),
        "by_quality": Slip(
            "You weigh by how good each result is. It also matters how much their errors have in common.",
            wrong=_by_quality,
        ),
        "none_below_zero": Slip(
            "You allow no negative weight. Taking away what is wrong with one result can be the best use of it.",
            wrong=lambda opinions, truth: _least_squares(opinions, truth).clamp_min(0),
        ),
    },
    avoid=(),
    hints=(
        "This is a linear system with more equations than unknowns. How many of each are there?",
        "Every pixel is one equation: the weighted sum of what the results say there should be the truth. Minimising "
        "the squared error of all of them is called least squares.",
        "torch.linalg.lstsq(A, b).solution minimises |A w - b|; A has one row for each pixel, so begin with "
        "opinions.T, and b must be a column.",
    ),
)
