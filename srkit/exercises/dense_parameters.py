"""Exercise 06.2: how wide a dense block gets, and what it costs."""

from __future__ import annotations

from srkit.exercises._beside import lesson_06
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

__all__ = ["EXERCISE"]

Costs = tuple[int, int]


def _counted(
    channels: int, growth: int, n_layers: int, *, first: int = 0, bias: int = 1, fusion: int = 1, reads: int = 1
) -> Costs:
    wide = channels + n_layers * growth
    layers = sum(growth * (9 * (channels + reads * i * growth) + bias) for i in range(first, n_layers + first))
    return wide, layers + (channels * (fusion * wide + bias) if fusion else 0)


def _drawn(low: int, high: int, seed: int) -> int:
    return low + int((high - low + 1) * float(noise(1, seed=seed)))


def _cases(seed: int) -> list[Case]:
    c, g = _drawn(8, 70, seed + 1), _drawn(3, 40, seed + 2)

    def case(criterion: str, n_layers: int, watch: str, channels: int, growth: int) -> Case:
        values = {"channels": channels, "growth": growth, "n_layers": n_layers, "watch": watch}
        return Case(criterion=criterion, inputs=values)

    return [
        case("width", _drawn(2, 9, seed + 3), "width", c, g),
        case("one", 1, "parameters", c, g),
        case("several", _drawn(3, 9, seed + 4), "parameters", c, g),
        case("wide", _drawn(3, 6, seed + 5), "parameters", g, c + 70),
    ]


EXERCISE = Exercise(
    answer="dense_parameters",
    number="6.2",
    title="Width and parameters of a dense block",
    difficulty=2,
    importance=3,
    minutes=10,
    criteria=(
        Criterion(name="width", points=1, text="the channels that the 1x1 fusion reads"),
        Criterion(name="one", points=1, text="the parameters of a block with one layer"),
        Criterion(name="several", points=1, text="the parameters of a block with several layers"),
        Criterion(name="wide", points=1, text="growth larger than the channels", hidden=True),
    ),
    cases=_cases,
    perform=lesson_06.dense_parameters,
    references=(_counted,),
    tolerance=Tolerance(absolute=0.0, relative=0.0, reason="both are whole numbers and counted exactly"),
    slips={
        "growth_not_read": Slip(
            "In your count every layer reads the same number of channels. The later ones read more.",
            wrong=lambda channels, growth, n_layers: _counted(channels, growth, n_layers, reads=0),
        ),
        "biases_forgotten": Slip(
            "You count weights only. Every output channel of every layer has a bias as well.",
            wrong=lambda channels, growth, n_layers: _counted(channels, growth, n_layers, bias=0),
        ),
        "fusion_forgotten": Slip(
            "The last layer is missing, the one that brings the channels back to what they were.",
            wrong=lambda channels, growth, n_layers: _counted(channels, growth, n_layers, fusion=0),
        ),
        "fusion_three_by_three": Slip(
            "Your last layer is nine times too large: it is a 1x1 convolution.",
            wrong=lambda channels, growth, n_layers: _counted(channels, growth, n_layers, fusion=9),
        ),
        "one_step_too_far": Slip(
            "Each layer reads one portion of growth too many. What does the first one read?",
            wrong=lambda channels, growth, n_layers: _counted(channels, growth, n_layers, first=1),
        ),
    },
    avoid=(),
    hints=(
        "Draw a block of three layers and write at each arrow how many channels it carries.",
        "Layer i, counted from 0, reads the input and the maps of the i layers before it. A k x k convolution from a "
        "to b channels holds k*k*a*b weights and b biases.",
        "Begin with width, parameters = channels, 0 and let the width grow in a loop over the layers.",
    ),
)
