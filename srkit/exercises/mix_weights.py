"""Exercise 10.3: between two networks, entry by entry of their state dicts (ESRGAN, section 3.4)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_10
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

__all__ = ["EXERCISE"]

State = Mapping[str, Tensor]


def _nearer(first: State, second: State, alpha: float) -> dict[str, Tensor]:
    near = second if alpha > 0.5 else first
    return {
        name: (1 - alpha) * one + alpha * second[name] if one.is_floating_point() else near[name]
        for name, one in first.items()
    }


def _weights_only(first: State, second: State, alpha: float) -> dict[str, Tensor]:
    return {
        name: one if "running" in name else value
        for (name, one), value in zip(first.items(), _nearer(first, second, alpha).values(), strict=True)
    }


def _state(seed: int, steps: int) -> list[Tensor]:
    return [noise(2, 3, 2, seed=seed) - 0.5, noise(2, seed=seed + 1), noise(2, seed=seed + 2), torch.tensor(steps)]


def _cases(seed: int) -> list[Case]:
    pair = {"first": _state(seed, 100 + seed % 50), "second": _state(seed + 10, 400 + seed % 50)}
    return [
        Case(criterion="between", inputs={**pair, "alpha": 0.3, "watch": 3}),
        Case(criterion="ends", inputs={**pair, "alpha": 0.0, "watch": 3}),
        Case(criterion="ends", inputs={**pair, "alpha": 1.0, "watch": 3}),
        Case(criterion="counters", inputs={**pair, "alpha": 0.3, "watch": 4}),
        Case(criterion="counters", inputs={**pair, "alpha": 0.8, "watch": 4}),
    ]


EXERCISE = Exercise(
    answer="mix_weights",
    number="10.3",
    title="Between two networks",
    difficulty=1,
    importance=3,
    minutes=10,
    criteria=(
        Criterion(name="between", points=1, text="weights and running statistics lie alpha of the way to the second"),
        Criterion(name="ends", points=1, text="alpha = 0 gives the first network, alpha = 1 the second"),
        Criterion(
            name="counters",
            points=1,
            text="whole numbers stay whole: those of the nearer network, and of the first at alpha = 1/2",
            hidden=True,
        ),
    ),
    cases=_cases,
    perform=lesson_10.mix_weights,
    references=(_nearer,),
    tolerance=Tolerance(
        absolute=1e-6, relative=0.0, reason="two float32 products and a sum are right to 1e-7, in either order"
    ),
    hides=("srkit.inference.mix:mix",),
    slips={
        "the_other_way": Slip(
            "Your alpha counts from the second network to the first.",
            wrong=lambda first, second, alpha: _nearer(first, second, 1 - alpha),
        ),
        "second_not_reached": Slip(
            "The first network counts fully whatever alpha is. The two shares add up to 1.",
            wrong=lambda first, second, alpha: {
                name: one + alpha * second[name] if one.is_floating_point() else one for name, one in first.items()
            },
        ),
        "always_the_middle": Slip(
            "You take the plain mean of both networks. Where is alpha?",
            wrong=lambda first, second, alpha: _nearer(first, second, 0.5),
        ),
        "statistics_of_the_first": Slip(
            "The running statistics are those of the first network. They belong to the weights and go along with them.",
            wrong=_weights_only,
        ),
    },
    avoid=(),
    hints=(
        "How far along the way from the first to the second are you at alpha = 0.3, and what is then the share of the "
        "first?",
        "Go through the names of one dictionary and build a new one. tensor.is_floating_point() tells weights from "
        "counters.",
        "Begin with an empty dictionary, and a loop over first.items().",
    ),
)
