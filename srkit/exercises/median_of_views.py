"""Exercise 15.4: the median of eight answers."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_15
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]


def _answers(net: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    found = []
    for turns, mirrored in itertools.product(range(4), (False, True)):
        view = torch.rot90(x.flip(2) if mirrored else x, turns, (1, 2))
        back = torch.rot90(net(view), -turns, (1, 2))
        found.append(back.flip(2) if mirrored else back)
    return torch.stack(found)  # (8, c, h, w)


def _reference(net: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    return torch.quantile(_answers(net, x), 0.5, dim=0)


def _cases(seed: int) -> list[Case]:
    return [
        Case(criterion="same", inputs={"image": noise(3, 4, 4, seed=seed + 1), "net": "copy"}),
        Case(criterion="ramp", inputs={"image": noise(1, 5, 5, seed=seed + 2), "net": "ramp"}),
        Case(criterion="outlier", inputs={"image": noise(1, 4, 4, seed=seed + 3), "net": "corner"}),
        Case(criterion="oblong", inputs={"image": noise(2, 3, 5, seed=seed + 4), "net": "ramp"}),
    ]


EXERCISE = define(
    lesson_15.median_of_views,
    cases=_cases,
    references=(_reference,),
    wrong={
        "mean": lambda net, x: _answers(net, x).mean(0),
        "lower_of_the_two": lambda net, x: _answers(net, x).median(0).values,
        "four_views": lambda net, x: torch.quantile(_answers(net, x)[::2], 0.5, dim=0),
        "not_turned_back": lambda net, x: torch.quantile(
            torch.stack([net(torch.rot90(v, k, (1, 2))) for v in (x, x.flip(2)) for k in range(4)]), 0.5, dim=0
        ),
    },
)
