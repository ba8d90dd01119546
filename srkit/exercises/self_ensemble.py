"""Exercise 11.1: the geometric self-ensemble, eight views and one mean (Lim et al., CVPRW 2017, section 4.3)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_11
from srkit.exercises._model import Case, define, noise
from srkit.inference import self_ensemble

__all__ = ["EXERCISE"]

Net = Callable[[Tensor], Tensor]


def _cases(seed: int) -> list[Case]:
    weight = noise(12, 3, 3, 3, seed=seed) - 0.4
    square, wide, batch = (
        noise(1, 3, 4, 4, seed=seed + 1),
        noise(1, 3, 3, 5, seed=seed + 2),
        noise(2, 3, 4, 3, seed=seed + 3),
    )
    return [
        Case(criterion="even", inputs={"lr": square, "weight": None}),
        Case(criterion="even", inputs={"lr": wide, "weight": None}),
        Case(criterion="mean", inputs={"lr": square, "weight": weight}),
        Case(criterion="any", inputs={"lr": batch, "weight": weight}),
    ]


def _views(lr: Tensor) -> list[Tensor]:
    flips = [lr, lr.flip(-1), lr.flip(-2), lr.flip(-1, -2)]
    return [*flips, *(view.transpose(-1, -2) for view in flips)]


def _upright(srs: list[Tensor]) -> list[Tensor]:
    turned = [*srs[:4], *(sr.transpose(-1, -2) for sr in srs[4:])]
    return [sr.flip(axes) if axes else sr for sr, axes in zip(turned, [(), (-1,), (-2,), (-1, -2)] * 2, strict=True)]


def _rotations_only(net: Net, lr: Tensor) -> Tensor:
    return torch.stack([net(lr.rot90(k, (-2, -1))).rot90(-k, (-2, -1)) for k in range(4)]).mean(0)


def _wrong_order(net: Net, lr: Tensor) -> Tensor:
    srs = [net(view) for view in _views(lr)]
    flips: list[tuple[int, ...]] = [(), (-1,), (-2,), (-1, -2)]
    back = [sr.flip(axes) if axes else sr for sr, axes in zip(srs, flips * 2, strict=True)]
    return torch.stack([*back[:4], *(sr.transpose(-1, -2) for sr in back[4:])]).mean(0)


EXERCISE = define(
    lesson_11.self_ensemble,
    cases=_cases,
    references=(self_ensemble,),
    wrong={
        "not_turned_back": lambda net, lr: torch.stack([net(view) for view in _views(lr)]).mean(0),
        "wrong_order": _wrong_order,
        "sum_instead_of_mean": lambda net, lr: 8 * self_ensemble(net, lr),
        "flips_only": lambda net, lr: torch.stack(_upright([net(view) for view in _views(lr)])[:4]).mean(0),
        "rotations_only": _rotations_only,
        "no_ensemble": lambda net, lr: net(lr),
    },
)
