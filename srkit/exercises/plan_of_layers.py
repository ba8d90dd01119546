"""Exercise 05.2: parameters, depth and receptive field of a network, read off the list of its layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from srkit.exercises._beside import lesson_05
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

__all__ = ["EXERCISE"]

Plan: TypeAlias = Sequence[tuple[int, int, int, int]]
Costs: TypeAlias = tuple[int, int, int]


def _counted(plan: Plan) -> Costs:
    parameters = sum(n * (c * k * k + 1) for k, c, n, _ in plan)
    return parameters, sum(uses for *_, uses in plan), 1 + sum(uses * (k - 1) for k, _, _, uses in plan)


def _drawn(low: int, high: int, seed: int) -> int:
    return low + int((high - low + 1) * float(noise(1, seed=seed)))


def _cases(seed: int) -> list[Case]:
    c, d = _drawn(5, 40, seed + 1), _drawn(5, 40, seed + 2)
    many, few = _drawn(6, 30, seed + 3), _drawn(2, 5, seed + 4)
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


EXERCISE = Exercise(
    answer="plan_of_layers",
    number="5.2",
    title="Parameters, depth and receptive field of a plan",
    difficulty=2,
    importance=4,
    minutes=15,
    criteria=(
        Criterion(name="plain", points=1, text="a plan of 3x3 layers, each used once"),
        Criterion(name="parameters", points=1, text="the parameters of a layer that is used many times"),
        Criterion(name="reach", points=1, text="depth and receptive field where a layer is used many times"),
        Criterion(name="kernels", points=1, text="kernels of several sizes in one plan", hidden=True),
    ),
    cases=_cases,
    perform=lesson_05.plan_of_layers,
    references=(_counted,),
    tolerance=Tolerance(absolute=0.0, relative=0.0, reason="all three are whole numbers"),
    slips={
        "biases_forgotten": Slip(
            "You count weights only. Every output channel has a bias as well.",
            wrong=lambda plan: (sum(n * c * k * k for k, c, n, _ in plan), *_counted(plan)[1:]),
        ),
        "parameters_for_each_use": Slip(
            "You count the parameters of a layer as often as it is used. How many tensors are in memory?",
            wrong=lambda plan: (sum(uses * n * (c * k * k + 1) for k, c, n, uses in plan), *_counted(plan)[1:]),
        ),
        "uses_ignored": Slip(
            "You count a layer that is used many times as one step of depth.",
            wrong=lambda plan: _counted([(k, c, n, 1) for k, c, n, _ in plan]),
        ),
        "own_pixel_forgotten": Slip(
            "The side is one pixel short. With no layer at all, how many pixels would the result see?",
            wrong=lambda plan: (*_counted(plan)[:2], _counted(plan)[2] - 1),
        ),
        "one_side": Slip(
            "The side counts one direction only. A kernel reaches to the left and to the right.",
            wrong=lambda plan: (*_counted(plan)[:2], 1 + sum(uses * (k // 2) for k, _, _, uses in plan)),
        ),
        "every_kernel_three": Slip(
            "You take every kernel for 3x3. The first number of a layer says how large it is.",
            wrong=lambda plan: _counted([(3, c, n, uses) for _, c, n, uses in plan]),
        ),
    },
    avoid=(),
    hints=(
        "Which of the three numbers is about what lies in memory, and which are about what happens to a pixel?",
        "Memory holds a layer once. A pixel passes it as often as it is used: each pass is one step of depth, and each "
        "lets the field grow by a little on both sides.",
        "Begin with parameters, depth, side = 0, 0, 1 and go through the plan: for k, c_in, c_out, uses in plan.",
    ),
)
