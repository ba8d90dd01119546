"""Exercise 06.1: a dense block, in which every layer reads all that stood before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import Value, lesson_06
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]

Layers = Sequence[Callable[[Tensor], Tensor]]


def _from_a_list(features: Tensor, layers: Layers) -> Tensor:
    maps = [features]
    for layer in layers:
        maps.append(layer(torch.cat(maps, dim=1)).clamp_min(0))
    return torch.cat(maps, dim=1)


def _newest_first(features: Tensor, layers: Layers) -> Tensor:
    seen = features
    for layer in layers:
        seen = torch.cat([F.relu(layer(seen)), seen], dim=1)
    return seen


def _linear(features: Tensor, layers: Layers) -> Tensor:
    seen = features
    for layer in layers:
        seen = torch.cat([seen, layer(seen)], dim=1)
    return seen


def _bent_twice(features: Tensor, layers: Layers) -> Tensor:
    seen = features
    for layer in layers:
        seen = F.relu(torch.cat([seen, layer(seen)], dim=1))
    return seen


def _cases(seed: int) -> list[Case]:
    def inputs(channels: int, growth: int, n_layers: int) -> dict[str, Value]:
        return {
            "features": 2 * noise(2, channels, 5, 6, seed=seed) - 1,
            "weights": [
                (noise(growth, channels + i * growth, 3, 3, seed=seed + 1 + i) - 0.45) / 3 for i in range(n_layers)
            ],
        }

    return [
        Case(criterion="one", inputs=inputs(4, 2, 1)),
        Case(criterion="several", inputs=inputs(4, 2, 3)),
        Case(criterion="growth", inputs=inputs(3, 5, 4)),
        Case(criterion="none", inputs=inputs(3, 5, 0)),
    ]


EXERCISE = define(
    lesson_06.dense_block,
    cases=_cases,
    references=(_from_a_list,),
    raises={"only_the_layer_before": "to have .* channels|size of tensor"},
    signs={
        "new_maps_only": lambda inputs, outputs, expected: (
            isinstance(outputs["features"], Tensor)
            and len(inputs["weights"]) > 0
            and outputs["features"].ndim == 4
            and 0 < outputs["features"].shape[1] < expected["features"].shape[1]
        )
    },
    wrong={
        "newest_first": _newest_first,
        "no_activation": _linear,
        "activation_on_everything": _bent_twice,
    },
)
