"""Exercise 08.5: channels described by cosine coefficients instead of by their mean."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_08
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise
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


EXERCISE = Exercise(
    answer="spectral_descriptor",
    number="8.5",
    title="Channels described by cosine coefficients",
    difficulty=3,
    importance=3,
    minutes=15,
    criteria=(
        Criterion(name="mean", points=1, text="no wave at all gives the mean, times the root of the pixel count"),
        Criterion(name="waves", points=2, text="each part of the channels is described by its own wave"),
        Criterion(name="parts", points=1, text="several images with several channels to a part", hidden=True),
    ),
    cases=_cases,
    perform=lesson_08.spectral_descriptor,
    references=(_by_sums,),
    tolerance=Tolerance(
        absolute=1e-5, relative=1e-4, reason="float32 sums of 56 products with cosines are right to 1e-6"
    ),
    slips={
        "no_half": Slip(
            "Your cosines begin at a pixel's edge. A pixel's centre lies half a pixel further.",
            wrong=lambda features, waves: _by_sums(features, waves, offset=0.0),
        ),
        "constant_too_long": Slip(
            "Your constant wave is too long: every wave, squared and summed, should give one.",
            wrong=lambda features, waves: _by_sums(features, waves, special=False),
        ),
        "turned": Slip(
            "Vertical and horizontal are confused: the first number of a pair counts the half waves from top to "
            "bottom.",
            wrong=lambda features, waves: _by_sums(features, waves, turned=True),
        ),
        "plain_mean": Slip(
            "This is the plain mean. What does the coefficient without waves have besides?",
            wrong=lambda features, waves: features.mean((2, 3)),
        ),
        "interleaved": Slip(
            "Your channels take turns. Here the first part of the channels has the first wave, the next part the "
            "second.",
            wrong=_interleaved,
        ),
        "every_wave": Slip(
            "You describe every channel by every wave. Each channel belongs to one part and has one wave.",
            wrong=_all_waves,
        ),
    },
    avoid=(),
    hints=(
        "Do one channel and one wave first: a picture of the wave, times the channel, summed.",
        "The picture of a wave is the product of a vertical and a horizontal cosine. Divide a cosine by its norm, and "
        "it has the right length, the constant one too.",
        "Begin with parts = features.chunk(len(waves), dim=1), and a small function that makes one cosine of n samples "
        "with k half waves from torch.arange(n) + 0.5.",
    ),
    hides=("srkit.ops.dct:dct2",),
)
