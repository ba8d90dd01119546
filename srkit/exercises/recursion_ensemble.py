"""Exercise 05.4: the image that DRCN makes of all its recursions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from srkit.exercises._beside import Value, lesson_05
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

__all__ = ["EXERCISE"]

Layer = Callable[[Tensor], Tensor]


def _reference(bicubic: Tensor, states: Sequence[Tensor], reconstruct: Layer, weights: Tensor) -> Tensor:
    images = torch.stack([bicubic + reconstruct(state) for state in states])  # (n, b, 1, h, w)
    return torch.einsum("n,nbchw->bchw", weights, images)


def _cases(seed: int) -> list[Case]:
    def inputs(weights: Tensor, *, channels: int = 4) -> dict[str, Value]:
        return {
            "bicubic": noise(2, 1, 6, 7, seed=seed),
            "states": noise(len(weights), 2, channels, 6, 7, seed=seed + 1),
            "weight": noise(1, channels, 3, 3, seed=seed + 2) - 0.4,
            "weights": weights,
        }

    uneven = 0.2 + noise(4, seed=seed + 3)
    return [
        Case(criterion="single", inputs=inputs(torch.ones(1))),
        Case(criterion="even", inputs=inputs(torch.full((3,), 1 / 3))),
        Case(criterion="uneven", inputs=inputs(uneven / uneven.sum())),
        Case(criterion="free", inputs=inputs(2 * noise(5, seed=seed + 4) - 0.5, channels=3)),
    ]


EXERCISE = Exercise(
    answer="recursion_ensemble",
    number="5.4",
    title="The ensemble of all recursions",
    difficulty=2,
    importance=3,
    minutes=10,
    criteria=(
        Criterion(name="single", points=1, text="one state of weight 1 gives its own image"),
        Criterion(name="even", points=1, text="equal weights give the mean of the images"),
        Criterion(name="uneven", points=1, text="unequal weights weigh the images"),
        Criterion(name="free", points=1, text="weights that do not add up to 1 are taken as they are", hidden=True),
    ),
    cases=_cases,
    perform=lesson_05.recursion_ensemble,
    references=(_reference,),
    tolerance=Tolerance(absolute=1e-5, relative=1e-4, reason="a sum of a few float32 images may be taken in any order"),
    slips={
        "last_state_only": Slip(
            "You use the last state alone. Then the first runs learn nothing but through all later ones.",
            wrong=lambda bicubic, states, net, weights: bicubic + net(states[-1]),
        ),
        "weights_ignored": Slip(
            "Your result is the plain mean, whatever the weights are.",
            wrong=lambda bicubic, states, net, weights: bicubic + torch.stack([net(s) for s in states]).mean(0),
        ),
        "no_bicubic": Slip(
            "What you weigh are residuals, not images: something has to be added to each.",
            wrong=lambda bicubic, states, net, weights: _reference(0 * bicubic, states, net, weights),
        ),
        "bicubic_once": Slip(
            "You add the bicubic image once, at the end. Each image contains it, so the weights act on it.",
            wrong=lambda bicubic, states, net, weights: bicubic + _reference(0 * bicubic, states, net, weights),
        ),
        "weights_made_to_sum_to_one": Slip(
            "You divide by the sum of the weights. They are learned parameters and used as they stand.",
            wrong=lambda bicubic, states, net, weights: _reference(bicubic, states, net, weights / weights.sum()),
        ),
        "softmax": Slip(
            "You take the softmax of the weights. They are learned parameters and used as they stand.",
            wrong=lambda bicubic, states, net, weights: _reference(bicubic, states, net, weights.softmax(0)),
        ),
    },
    avoid=(),
    hints=(
        "How many images are there, and what is one of them made of?",
        "Every state goes through the same reconstruction; what comes out is what the bicubic image lacks. Only then "
        "comes the weighted sum.",
        "zip(weights, states) gives each weight with its state. Begin with the list of images.",
    ),
)
