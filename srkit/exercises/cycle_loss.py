"""Exercise 09.5: there and back again, with a root whose slope stays finite."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_09
from srkit.exercises._model import Case, Tolerance, define, noise
from srkit.exercises._signs import infinite_slope
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


EXERCISE = define(
    lesson_09.cycle_loss,
    cases=_cases,
    references=(_library,),
    signs={"infinite_slope": infinite_slope},
    wrong={
        "one_way": lambda there, back, x: cycle(there(x), x),
        "wrong_way_round": lambda there, back, x: cycle(there(back(x)), x),
        "mean_of_squares": lambda there, back, x: cycle(back(there(x)), x, form="mse"),
        "absolute_differences": lambda there, back, x: cycle(back(there(x)), x, form="l1"),
        "not_divided": lambda there, back, x: cycle(back(there(x)), x) * x[0].numel(),
        "one_norm_for_the_batch": lambda there, back, x: (back(there(x)) - x).norm() / x.numel(),
    },
)
