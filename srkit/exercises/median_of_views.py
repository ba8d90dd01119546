"""Exercise 15.4: the median of eight answers."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_15
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

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


EXERCISE = Exercise(
    answer="median_of_views",
    number="15.4",
    title="The median of eight answers",
    difficulty=2,
    importance=3,
    minutes=15,
    criteria=(
        Criterion(name="same", points=1, text="a network that changes nothing gives the image back"),
        Criterion(name="ramp", points=1, text="eight different answers become their median"),
        Criterion(name="outlier", points=1, text="one bad pixel in one corner does no harm"),
        Criterion(name="oblong", points=1, text="images that are not square work", hidden=True),
    ),
    cases=_cases,
    perform=lesson_15.median_of_views,
    references=(_reference,),
    tolerance=Tolerance(absolute=1e-5, relative=1e-5, reason="the mean of the two middle values may be rounded"),
    slips={
        "mean": Slip(
            "You take the mean, as lesson 11 did. A single bad answer then spoils it.",
            wrong=lambda net, x: _answers(net, x).mean(0),
        ),
        "lower_of_the_two": Slip(
            "Of eight values two lie in the middle, and torch.median takes the lower. The median is half way between "
            "them.",
            wrong=lambda net, x: _answers(net, x).median(0).values,
        ),
        "four_views": Slip(
            "You ask with four views. With their mirror images there are eight.",
            wrong=lambda net, x: torch.quantile(_answers(net, x)[::2], 0.5, dim=0),
        ),
        "not_turned_back": Slip(
            "The answers are not turned back before they are put together.",
            wrong=lambda net, x: torch.quantile(
                torch.stack([net(torch.rot90(v, k, (1, 2))) for v in (x, x.flip(2)) for k in range(4)]), 0.5, dim=0
            ),
        ),
    },
    avoid=(),
    hints=(
        "It is the self-ensemble of lesson 11 with another last line.",
        "Collect the eight answers, each turned back, in a list, and stack them on a new first axis.",
        "torch.quantile(stacked, 0.5, dim=0) takes the middle of the two middle values.",
    ),
    hides=("srkit.methods.zssr_net:median", "srkit.inference.ensemble:self_ensemble"),
)
