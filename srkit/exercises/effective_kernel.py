"""Exercise 13.3: the one kernel that a stack of linear convolutions amounts to."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import Value, lesson_13
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

__all__ = ["EXERCISE"]

Layers = Sequence[tuple[Tensor, int]]


def _delta(layers: Layers, *, turned: bool = True) -> Tensor:
    """Send a dot through, every weight spread by the strides before it: the answer is upside down at first."""
    x, step = layers[0][0].new_ones(1, 1, 1, 1), 1
    for weight, stride in layers:
        x = F.conv2d(x, weight, padding=step * (weight.shape[-1] - 1), dilation=step)
        step *= stride
    return x[0, 0].flip(0, 1) if turned else x[0, 0]


def _weight(outputs: int, inputs: int, side: int, seed: int) -> Tensor:
    return noise(outputs, inputs, side, side, seed=seed) - 0.3


def _cases(seed: int) -> list[Case]:
    def stack(plan: Sequence[tuple[int, int, int, int]], start: int) -> dict[str, Value]:
        weights = [_weight(o, i, side, start + n) for n, (o, i, side, _) in enumerate(plan)]
        return {"weights": weights, "strides": [stride for *_, stride in plan]}

    return [
        Case(criterion="one", inputs=stack([(1, 1, 5, 1)], seed + 1)),
        Case(criterion="two", inputs=stack([(1, 1, 3, 1), (1, 1, 5, 1)], seed + 4)),
        Case(criterion="channels", inputs=stack([(4, 1, 3, 1), (3, 4, 3, 1), (1, 3, 1, 2)], seed + 8)),
        Case(criterion="strides", inputs=stack([(1, 1, 3, 2), (1, 1, 3, 2)], seed + 14)),
        Case(criterion="strides", inputs=stack([(2, 1, 3, 2), (2, 2, 3, 3), (1, 2, 2, 2)], seed + 17)),
    ]


EXERCISE = Exercise(
    answer="effective_kernel",
    number="13.3",
    title="Many layers, one kernel",
    difficulty=3,
    importance=5,
    minutes=15,
    criteria=(
        Criterion(name="one", points=1, text="one layer is its own kernel, the right way round"),
        Criterion(name="two", points=1, text="two layers are one kernel of side a + b - 1"),
        Criterion(name="channels", points=1, text="what lies between the layers may have many channels"),
        Criterion(name="strides", points=1, text="strides between the layers are counted, too", hidden=True),
    ),
    cases=_cases,
    perform=lesson_13.effective_kernel,
    references=(_delta,),
    tolerance=Tolerance(
        absolute=5e-6, relative=1e-5, reason="sums of up to 48 products in another order differ by 1e-6"
    ),
    slips={
        "turned": Slip(
            "Your kernel is upside down. Layers correlate: what a dot becomes is the kernel turned by 180 degrees.",
            wrong=lambda layers: _delta(layers, turned=False),
        ),
        "strides_forgotten": Slip(
            "You treat every layer as if it went pixel by pixel. One step behind a stride of 2 is two pixels of the "
            "image.",
            wrong=lambda layers: _delta([(weight, 1) for weight, _ in layers]),
        ),
        "first_channel": Slip(
            "You follow the first channel only. All of them reach the output.",
            wrong=lambda layers: _delta([(weight[:1, :1], stride) for weight, stride in layers]),
        ),
    },
    avoid=(),
    hints=(
        "Which pixels of the image does one pixel of the result depend on, and how much on each?",
        "Start with that one pixel, a single 1, and go through the layers from the last to the first. The transpose of "
        "a strided convolution knows how to spread.",
        "The single pixel is torch.ones(1, 1, 1, 1). F.conv_transpose2d takes a layer's weight as it is.",
    ),
)
