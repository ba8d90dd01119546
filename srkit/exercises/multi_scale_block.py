"""Exercise 06.3: MSRN's block, two kernel sizes that exchange what they found."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from srkit.exercises._beside import Value, lesson_06
from srkit.exercises._model import Case, define, noise

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


EXERCISE = define(
    lesson_06.multi_scale_block,
    cases=_cases,
    references=(_by_hand,),
    raises={"no_exchange": "to have .* channels"},
    wrong={
        "large_first": lambda features, *layers: _by_hand(features, *layers, large_first=True),
        "skip_forgotten": lambda features, *layers: _by_hand(features, *layers, skip=False),
        "no_activation_in_the_second_row": lambda features, *layers: _by_hand(
            features, *layers, bent=(True, False, False)
        ),
        "no_activation_at_all": lambda features, *layers: _by_hand(features, *layers, bent=(False, False, False)),
        "activation_after_the_fusion": lambda features, *layers: _by_hand(features, *layers, bent=(True, True, True)),
    },
)
