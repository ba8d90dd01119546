"""Exercise 16.2: keep some channels after each convolution, and refine the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import lesson_16
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]

Layers = Sequence[Callable[[Tensor], Tensor]]


def _reference(
    features: Tensor,
    layers: Layers,
    keep: int,
    *,
    slope: float = 0.05,
    last_slope: float = 1.0,
    raw: bool = False,
    rest_first: bool = False,
) -> Tensor:
    kept = []
    for layer in layers[:-1]:
        maps = layer(features)  # (b, c, h, w)
        active = F.leaky_relu(maps, slope)
        cut = maps.shape[1] - keep if rest_first else keep
        before, after = (maps if raw else active)[:, :cut], active[:, cut:]
        kept.append(after if rest_first else before)
        features = before if rest_first else after
    return torch.cat([*kept, F.leaky_relu(layers[-1](features), last_slope)], dim=1)


def _backwards(features: Tensor, layers: Layers, keep: int) -> Tensor:
    joined = _reference(features, layers, keep)
    return torch.cat(torch.split(joined, keep, dim=1)[::-1], dim=1)


def _case(criterion: str, steps: int, keep: int, seed: int, *, only_last: bool = False) -> Case:
    rest = 3 * keep
    shapes = [(4 * keep, 4 * keep), *[(4 * keep, rest)] * (steps - 1), (keep, rest)]
    weights = [noise(m, n, 3, 3, seed=seed + 1 + i) - 0.5 for i, (m, n) in enumerate(shapes)]
    features = noise(2, 4 * keep, 5, 6, seed=seed) - 0.5
    begin = steps * keep if only_last else 0
    return Case(criterion=criterion, inputs={"features": features, "weights": weights, "keep": keep, "begin": begin})


def _cases(seed: int) -> list[Case]:
    return [
        _case("one", 1, 2, seed),
        _case("steps", 3, 2, seed + 10),
        _case("last", 3, 3, seed + 20, only_last=True),
        _case("wide", 4, 4, seed + 30),
    ]


EXERCISE = define(
    lesson_16.distil,
    cases=_cases,
    references=(_reference,),
    raises={
        "everything_goes_on": "to have \\d+ channels",
    },
    wrong={
        "last_is_activated": lambda features, layers, keep: _reference(features, layers, keep, last_slope=0.05),
        "kept_without_activation": lambda features, layers, keep: _reference(features, layers, keep, raw=True),
        "last_channels_kept": lambda features, layers, keep: _reference(features, layers, keep, rest_first=True),
        "default_slope": lambda features, layers, keep: _reference(features, layers, keep, slope=0.01),
        "no_leak": lambda features, layers, keep: _reference(features, layers, keep, slope=0.0),
        "backwards": _backwards,
    },
)
