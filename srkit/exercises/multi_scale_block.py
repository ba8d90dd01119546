"""Exercise 06.3: MSRN's block, two kernel sizes that exchange what they found."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from srkit.exercises._beside import Value, lesson_06
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

__all__ = ["EXERCISE"]


def _by_hand(
    features: Tensor,
    *layers: Callable[[Tensor], Tensor],
    skip: bool = True,
    bent: tuple[bool, bool, bool] = (True, True, False),
    large_first: bool = False,
) -> Tensor:
    small1, large1, small2, large2, fusion = layers
    both = features
    for small, large, relu in ((small1, large1, bent[0]), (small2, large2, bent[1])):
        pair = [small(both), large(both)]
        both = torch.cat(pair[::-1] if large_first else pair, dim=1)
        both = torch.relu(both) if relu else both
    residual = torch.relu(fusion(both)) if bent[2] else fusion(both)
    return residual + features if skip else residual


def _cases(seed: int) -> list[Case]:
    def inputs(channels: int, *, loud: float = 1.0) -> dict[str, Value]:
        c = channels
        shapes = ((c, c, 3), (c, c, 5), (2 * c, 2 * c, 3), (2 * c, 2 * c, 5), (c, 4 * c, 1))
        return {
            "features": 2 * noise(2, c, 6, 7, seed=seed) - 1,
            "weights": [
                (noise(n, m, k, k, seed=seed + i) - 0.45) / (k * m**0.5) * (loud if k == 1 else 1.0)
                for i, (n, m, k) in enumerate(shapes, 1)
            ],
        }

    return [
        Case(criterion="value", inputs=inputs(2)),
        Case(criterion="channels", inputs=inputs(3)),
        Case(criterion="silent", inputs=inputs(2, loud=0.0)),
    ]


EXERCISE = Exercise(
    answer="multi_scale_block",
    number="6.3",
    title="A block with two kernel sizes",
    difficulty=3,
    importance=3,
    minutes=15,
    criteria=(
        Criterion(name="value", points=2, text="the block refines features as it should"),
        Criterion(name="channels", points=1, text="it works with any number of channels"),
        Criterion(name="silent", points=1, text="with a silent fusion the input comes back", hidden=True),
    ),
    cases=_cases,
    perform=lesson_06.multi_scale_block,
    references=(_by_hand,),
    tolerance=Tolerance(
        absolute=1e-5, relative=1e-4, reason="float32 convolutions summed in another order differ by 1e-6"
    ),
    slips={
        "no_exchange": Slip(
            "A layer of the second row got the maps of one path only. It should read both.",
            raises="to have .* channels",
        ),
        "large_first": Slip(
            "The two paths stand in the wrong order: the maps of the small kernel come first.",
            wrong=lambda features, *layers: _by_hand(features, *layers, large_first=True),
        ),
        "skip_forgotten": Slip(
            "With a silent fusion nothing is left. This is a residual block.",
            wrong=lambda features, *layers: _by_hand(features, *layers, skip=False),
        ),
        "no_activation_in_the_second_row": Slip(
            "An activation is missing: one follows the first row, and one the second.",
            wrong=lambda features, *layers: _by_hand(features, *layers, bent=(True, False, False)),
        ),
        "no_activation_at_all": Slip(
            "Without activations the whole block is one convolution.",
            wrong=lambda features, *layers: _by_hand(features, *layers, bent=(False, False, False)),
        ),
        "activation_after_the_fusion": Slip(
            "The fused residual is never negative in yours. There is one activation too many.",
            wrong=lambda features, *layers: _by_hand(features, *layers, bent=(True, True, True)),
        ),
    },
    avoid=(),
    hints=(
        "Write the number of channels at every arrow of the plan: c, c and c, 2c, 2c and 2c, 4c, c.",
        "There are two rows. In each, a small and a large kernel read the same maps, and what they give is put side by "
        "side and passes a ReLU.",
        "The first row is both = F.relu(torch.cat([small1(features), large1(features)], dim=1)).",
    ),
)
