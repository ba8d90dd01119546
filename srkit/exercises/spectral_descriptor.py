"""Exercise 08.5: channels described by cosine coefficients instead of by their mean."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_08
from srkit.exercises._model import Case, define, noise
from srkit.ops.dct import dct2

__all__ = ["EXERCISE"]

Waves = Sequence[Sequence[int]]


def _cosine(n: int, k: int, *, offset: float = 0.5, special: bool = True) -> Tensor:
    factor = math.sqrt(1 / n) if special and k == 0 else math.sqrt(2 / n)
    return factor * torch.cos(math.pi * k * (torch.arange(n) + offset) / n)


def _by_sums(
    features: Tensor, waves: Waves, *, offset: float = 0.5, special: bool = True, turned: bool = False
) -> Tensor:
    found = []
    for part, (v, h) in zip(features.chunk(len(waves), dim=1), waves, strict=True):
        v, h = (h, v) if turned else (v, h)
        vertical = _cosine(part.shape[2], v, offset=offset, special=special).to(part.dtype)
        horizontal = _cosine(part.shape[3], h, offset=offset, special=special).to(part.dtype)
        found.append((part * vertical[:, None] * horizontal).sum((2, 3)))
    return torch.cat(found, dim=1)


def _interleaved(features: Tensor, waves: Waves) -> Tensor:
    every = dct2(features)
    turns = [waves[c % len(waves)] for c in range(features.shape[1])]
    return torch.stack([every[:, c, v, h] for c, (v, h) in enumerate(turns)], dim=1)


def _all_waves(features: Tensor, waves: Waves) -> Tensor:
    every = dct2(features)
    return torch.cat([every[..., v, h] for v, h in waves], dim=1)


def _cases(seed: int) -> list[Case]:
    return [
        Case(criterion="mean", inputs={"features": noise(1, 3, 5, 7, seed=seed), "waves": [[0, 0]]}),
        Case(
            criterion="waves",
            inputs={"features": noise(1, 4, 6, 6, seed=seed + 1), "waves": [[0, 0], [0, 1], [1, 0], [2, 1]]},
        ),
        Case(criterion="waves", inputs={"features": noise(1, 4, 5, 8, seed=seed + 2), "waves": [[0, 1], [1, 2]]}),
        Case(
            criterion="parts", inputs={"features": noise(2, 9, 7, 4, seed=seed + 3), "waves": [[1, 0], [0, 2], [0, 0]]}
        ),
    ]


EXERCISE = define(
    lesson_08.spectral_descriptor,
    cases=_cases,
    references=(_by_sums,),
    wrong={
        "no_half": lambda features, waves: _by_sums(features, waves, offset=0.0),
        "constant_too_long": lambda features, waves: _by_sums(features, waves, special=False),
        "turned": lambda features, waves: _by_sums(features, waves, turned=True),
        "plain_mean": lambda features, waves: features.mean((2, 3)),
        "interleaved": _interleaved,
        "every_wave": _all_waves,
    },
)
