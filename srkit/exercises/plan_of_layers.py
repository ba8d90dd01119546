"""Exercise 05.2: parameters, depth and receptive field of a network, read off the list of its layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from srkit.exercises._beside import lesson_05
from srkit.exercises._model import Case, define, drawn

__all__ = ["EXERCISE"]

Plan: TypeAlias = Sequence[tuple[int, int, int, int]]
Costs: TypeAlias = tuple[int, int, int]


def _counted(plan: Plan) -> Costs:
    parameters = sum(n * (c * k * k + 1) for k, c, n, _ in plan)
    return parameters, sum(uses for *_, uses in plan), 1 + sum(uses * (k - 1) for k, _, _, uses in plan)


def _cases(seed: int) -> list[Case]:
    c, d = drawn(5, 40, seed=seed + 1), drawn(5, 40, seed=seed + 2)
    many, few = drawn(6, 30, seed=seed + 3), drawn(2, 5, seed=seed + 4)
    plain = [(3, 1, c, 1), (3, c, d, 1), (3, d, d, 1), (3, d, 1, 1)]
    recursive = [(3, 1, c, 1), (3, c, c, many), (3, c, 1, 1)]
    mixed = [(5, 3, d, 1), (3, d, c, 1), (3, c, c, few), (1, c, d, 1), (7, d, d, few + 1), (5, d, 3, 1)]

    def both(criterion: str, plan: Plan, watch: str) -> Case:
        return Case(criterion=criterion, inputs={"plan": plan, "watch": watch})

    return [
        both("plain", plain, "all"),
        both("parameters", recursive, "parameters"),
        both("reach", recursive, "depth and side"),
        both("kernels", mixed, "all"),
    ]


EXERCISE = define(
    lesson_05.plan_of_layers,
    cases=_cases,
    references=(_counted,),
    wrong={
        "biases_forgotten": lambda plan: (sum(n * c * k * k for k, c, n, _ in plan), *_counted(plan)[1:]),
        "parameters_for_each_use": lambda plan: (
            sum(uses * n * (c * k * k + 1) for k, c, n, uses in plan),
            *_counted(plan)[1:],
        ),
        "uses_ignored": lambda plan: _counted([(k, c, n, 1) for k, c, n, _ in plan]),
        "own_pixel_forgotten": lambda plan: (*_counted(plan)[:2], _counted(plan)[2] - 1),
        "one_side": lambda plan: (*_counted(plan)[:2], 1 + sum(uses * (k // 2) for k, _, _, uses in plan)),
        "every_kernel_three": lambda plan: _counted([(3, c, n, uses) for _, c, n, uses in plan]),
    },
)
