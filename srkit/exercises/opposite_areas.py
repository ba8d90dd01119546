"""Exercise 18.2: how much the answers of four neighbours weigh."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_18
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]


def _reference(down: Tensor, right: Tensor) -> Tensor:
    return torch.stack([(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right])


def _nearest(down: Tensor, right: Tensor) -> Tensor:
    return _reference(down.round(), right.round())


def _distances(down: Tensor, right: Tensor) -> Tensor:
    away = torch.stack(
        [(down - row).square() + (right - column).square() for row in (0, 1) for column in (0, 1)]
    ).sqrt()
    return (1 / away) / (1 / away).sum(0)


def _cases(seed: int) -> list[Case]:
    def case(criterion: str, watch: str, down: Tensor, right: Tensor) -> Case:
        return Case(criterion=criterion, inputs={"down": down, "right": right, "watch": watch})

    some = noise(2, 7, seed=seed + 1)
    side = noise(5, seed=seed + 2)
    grid = noise(9, seed=seed + 3)
    return [
        case("sum", "sum", *noise(2, 6, seed=seed + 4)),
        case("edge", "weights", torch.zeros(5), side),
        case("inside", "weights", *some),
        case("grid", "weights", grid[:4, None], grid[None, 4:]),
    ]


EXERCISE = define(
    lesson_18.opposite_areas,
    cases=_cases,
    references=(_reference,),
    wrong={
        "own_areas": lambda down, right: _reference(down, right).flip(0),
        "all_alike": lambda down, right: torch.full_like(_reference(down, right), 0.25),
        "nearest_alone": _nearest,
        "by_distance": _distances,
        "columns_first": lambda down, right: _reference(down, right)[[0, 2, 1, 3]],
        "sums_of_distances": lambda down, right: torch.stack(
            [(2 - down - right) / 4, (1 - down + right) / 4, (1 + down - right) / 4, (down + right) / 4]
        ),
    },
)
