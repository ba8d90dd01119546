"""Exercise 06.1: a dense block, in which every layer reads all that stood before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import Value, lesson_06
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

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


EXERCISE = Exercise(
    answer="dense_block",
    number="6.1",
    title="A dense block",
    difficulty=2,
    importance=5,
    minutes=15,
    criteria=(
        Criterion(name="one", points=1, text="one layer puts its maps behind those of the input"),
        Criterion(name="several", points=1, text="every layer reads all maps before it"),
        Criterion(name="growth", points=1, text="any number of layers, channels and new maps", hidden=True),
        Criterion(name="none", points=1, text="without a layer the input comes back", hidden=True),
    ),
    cases=_cases,
    perform=lesson_06.dense_block,
    references=(_from_a_list,),
    tolerance=Tolerance(
        absolute=1e-5, relative=1e-4, reason="float32 convolutions summed in another order differ by 1e-6"
    ),
    slips={
        "only_the_layer_before": Slip(
            "A layer gets fewer or more channels than it can read. It should read everything made so far, the input of "
            "the block included.",
            raises="to have .* channels|size of tensor",
        ),
        "new_maps_only": Slip(
            "The input of the block is missing from what you return.",
            sign=lambda inputs, outputs, expected: (
                isinstance(outputs["features"], Tensor)
                and len(inputs["weights"]) > 0
                and outputs["features"].ndim == 4
                and 0 < outputs["features"].shape[1] < expected["features"].shape[1]
            ),
        ),
        "newest_first": Slip(
            "The new maps stand in front of the old ones. The layers expect the oldest first.",
            wrong=_newest_first,
        ),
        "no_activation": Slip("New maps may be negative in yours. An activation is missing.", wrong=_linear),
        "activation_on_everything": Slip(
            "The input of the block lost its negative values. Only what is new passes the activation.",
            wrong=_bent_twice,
        ),
    },
    avoid=(),
    hints=(
        "Write down how many channels there are after no layer, after one, after two.",
        "One variable holds all maps made so far. A layer reads it, and what it makes is put behind.",
        "torch.cat([a, b], dim=1) puts channels side by side. Begin with seen = features.",
    ),
)
