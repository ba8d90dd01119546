"""Exercise 09.4: there and back again, with a root whose slope stays finite."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from srkit.exercises._beside import Inputs, Outputs, lesson_09
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise
from srkit.losses import cycle

__all__ = ["EXERCISE"]

Net = Callable[[Tensor], Tensor]
_FLOOR = Tolerance(
    absolute=2e-5, relative=0.0, reason="the small number under the root may be up to 1e-6, which leaves 1e-3 / 48"
)


def _library(there: Net, back: Net, x: Tensor) -> Tensor:
    return cycle(back(there(x)), x)


def _cases(seed: int) -> list[Case]:
    there, back = (noise(3, 3, 1, 1, seed=seed + k) - 0.3 for k in (0, 1))
    one, two = noise(1, 3, 4, 4, seed=seed + 2), noise(2, 3, 3, 4, seed=seed + 3)
    two = two * torch.tensor([1.0, 0.2]).reshape(2, 1, 1, 1)
    double = 2 * torch.eye(3).reshape(3, 3, 1, 1)
    perfect = {"there": double, "back": double / 4, "x": noise(1, 3, 4, 4, seed=seed + 5)}
    return [
        Case(criterion="value", inputs={"there": there, "back": back, "x": one, "watch": "value"}),
        Case(criterion="perfect", inputs={**perfect, "watch": "both"}, tolerance=_FLOOR),
        Case(criterion="batch", inputs={"there": there, "back": back, "x": two, "watch": "value"}),
    ]


def _not_finite(inputs: Inputs, outputs: Outputs, expected: Outputs) -> bool:
    gradient = outputs.get("gradient")
    return isinstance(gradient, Tensor) and not bool(torch.isfinite(gradient).all())


EXERCISE = Exercise(
    answer="cycle_loss",
    number="9.4",
    title="There and back again",
    difficulty=2,
    importance=3,
    minutes=10,
    criteria=(
        Criterion(name="value", points=1, text="the value for one image agrees with the lecture's formula"),
        Criterion(name="perfect", points=1, text="a perfect return costs next to nothing, with a finite gradient"),
        Criterion(name="batch", points=1, text="a batch costs the mean over its images", hidden=True),
    ),
    cases=_cases,
    perform=lesson_09.cycle_loss,
    references=(_library,),
    tolerance=Tolerance(
        absolute=2e-6,
        relative=1e-4,
        reason="float32 sums in another order differ by 1e-7, a small number under the root by less",
    ),
    hides=("srkit.losses.cycle:cycle", "srkit.losses._distance:distance"),
    slips={
        "infinite_slope": Slip(
            "At a perfect return the gradient is not finite. What is the slope of the root at zero?",
            sign=_not_finite,
        ),
        "one_way": Slip(
            "You compare the image with where it went. It has not come back yet.",
            wrong=lambda there, back, x: cycle(there(x), x),
        ),
        "wrong_way_round": Slip(
            "You go back before you went there.",
            wrong=lambda there, back, x: cycle(there(back(x)), x),
        ),
        "mean_of_squares": Slip(
            "Your value is the mean of the squares, CinCGAN's form. The lecture prints a norm over the size.",
            wrong=lambda there, back, x: cycle(back(there(x)), x, form="mse"),
        ),
        "absolute_differences": Slip(
            "Your value is the mean absolute difference, CycleGAN's form. The lecture prints a norm over the size.",
            wrong=lambda there, back, x: cycle(back(there(x)), x, form="l1"),
        ),
        "not_divided": Slip(
            "Your value is the norm. What stands in front of the root?",
            wrong=lambda there, back, x: cycle(back(there(x)), x) * x[0].numel(),
        ),
        "one_norm_for_the_batch": Slip(
            "You take one norm of the whole batch. Each image has its own; the loss is their mean.",
            wrong=lambda there, back, x: (back(there(x)) - x).norm() / x.numel(),
        ),
    },
    avoid=(),
    hints=(
        "Which image does x become after the whole journey, and with which image is it compared?",
        "It is exercise 9.2 with the journey in the place of the features, and one thing more: where the journey is "
        "perfect, the sum under the root is exactly 0, so leave it a tiny number.",
        "Begin with change = (back(there(x)) - x).flatten(1).",
    ),
)
