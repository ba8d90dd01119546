"""Exercise 08.2: what a grouped convolution costs."""

from __future__ import annotations

from srkit.exercises._beside import lesson_08
from srkit.exercises._model import Case, define, drawn

__all__ = ["EXERCISE"]


def _cost(  # the formula, with the places where it can go wrong
    channels_in: int, channels_out: int, size: int, groups: int, places: int, *, bias: float = 1, power: int = 1
) -> tuple[float, float]:
    weights = channels_in * channels_out * size**2 / groups**power
    return weights + bias * channels_out, weights * places


def _bias_divided(channels_in: int, channels_out: int, size: int, groups: int, places: int) -> tuple[float, float]:
    return _cost(channels_in, channels_out, size, groups, places, bias=1 / groups)


def _case(criterion: str, inner: int, outer: int, size: int, groups: int, places: int) -> Case:
    return Case(
        criterion=criterion,
        inputs={"channels_in": inner, "channels_out": outer, "size": size, "groups": groups, "places": places},
    )


def _cases(seed: int) -> list[Case]:
    a, b, many, few = (drawn(1, 6, seed=seed + i) for i in range(4))
    c = 7 + 40 * many + few
    return [
        _case("full", 8 * a, 4 * b, 3, 1, c),
        _case("full", 2 * b, 8 * a, 5, 1, c + 3),
        _case("grouped", 16 * a, 8 * b, 3, 4, c),
        _case("grouped", 6 * b, 12 * a, 3, 2, c + 5),
        _case("depthwise", 8 * a, 8 * a, 3, 8 * a, c),
        _case("depthwise", 3 * b, 6 * b, 5, 3 * b, c + 1),
    ]


EXERCISE = define(
    lesson_08.conv_cost,
    cases=_cases,
    references=(_cost,),
    wrong={
        "bias_forgotten": lambda *cost: _cost(*cost, bias=0),
        "groups_ignored": lambda inner, outer, size, groups, places: _cost(inner, outer, size, 1, places),
        "groups_twice": lambda *cost: _cost(*cost, power=2),
        "bias_divided": _bias_divided,
        "places_forgotten": lambda inner, outer, size, groups, places: _cost(inner, outer, size, groups, 1),
        "line_kernel": lambda inner, outer, size, groups, places: (
            inner * outer * size / groups + outer,
            inner * outer * size / groups * places,
        ),
    },
)
