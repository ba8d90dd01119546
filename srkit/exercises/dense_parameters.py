"""Exercise 06.2: how wide a dense block gets, and what it costs."""

from __future__ import annotations

from srkit.exercises._beside import lesson_06
from srkit.exercises._model import Case, define, drawn

__all__ = ["EXERCISE"]

Costs = tuple[int, int]


def _counted(
    channels: int, growth: int, n_layers: int, *, first: int = 0, bias: int = 1, fusion: int = 1, reads: int = 1
) -> Costs:
    wide = channels + n_layers * growth
    layers = sum(growth * (9 * (channels + reads * i * growth) + bias) for i in range(first, n_layers + first))
    return wide, layers + (channels * (fusion * wide + bias) if fusion else 0)


def _cases(seed: int) -> list[Case]:
    c, g = drawn(8, 70, seed=seed + 1), drawn(3, 40, seed=seed + 2)

    def case(criterion: str, n_layers: int, watch: str, channels: int, growth: int) -> Case:
        values = {"channels": channels, "growth": growth, "n_layers": n_layers, "watch": watch}
        return Case(criterion=criterion, inputs=values)

    return [
        case("width", drawn(2, 9, seed=seed + 3), "width", c, g),
        case("one", 1, "parameters", c, g),
        case("several", drawn(3, 9, seed=seed + 4), "parameters", c, g),
        case("wide", drawn(3, 6, seed=seed + 5), "parameters", g, c + 70),
    ]


EXERCISE = define(
    lesson_06.dense_parameters,
    cases=_cases,
    references=(_counted,),
    wrong={
        "growth_not_read": lambda channels, growth, n_layers: _counted(channels, growth, n_layers, reads=0),
        "biases_forgotten": lambda channels, growth, n_layers: _counted(channels, growth, n_layers, bias=0),
        "fusion_forgotten": lambda channels, growth, n_layers: _counted(channels, growth, n_layers, fusion=0),
        "fusion_three_by_three": lambda channels, growth, n_layers: _counted(channels, growth, n_layers, fusion=9),
        "one_step_too_far": lambda channels, growth, n_layers: _counted(channels, growth, n_layers, first=1),
    },
)
