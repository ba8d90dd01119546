"""Exercise 02.3: PSNR with a border."""

from __future__ import annotations

import math

from torch import Tensor

from srkit.exercises._beside import Inputs, Outputs, Value, lesson_02
from srkit.exercises._model import Case, define, evenly, noise
from srkit.metrics import Protocol
from srkit.metrics import psnr as library_psnr

__all__ = ["EXERCISE"]


def _inside(x: Tensor, border: int) -> Tensor:
    return x[..., border : x.shape[-2] - border, border : x.shape[-1] - border]


def _error(sr: Tensor, hr: Tensor, border: int) -> float:
    return float((_inside(sr, border).double() - _inside(hr, border).double()).square().mean())


def _reference(sr: Tensor, hr: Tensor, border: int) -> float:
    return float(library_psnr(sr, hr, protocol=Protocol(channel="rgb", border=border, quantise=False)))


def _by_hand(sr: Tensor, hr: Tensor, border: int) -> float:
    return -10 * math.log10(_error(sr, hr, border))


def _per_channel(sr: Tensor, hr: Tensor, border: int) -> float:
    return sum(_by_hand(sr[c : c + 1], hr[c : c + 1], border) for c in range(len(sr))) / len(sr)


def _pair(seed: int, *shape: int, spread: float = 0.2) -> dict[str, Value]:
    hr = noise(*shape, seed=seed)
    strength = evenly(0.05, spread, shape[0]).reshape(-1, 1, 1)
    error = strength * (noise(*shape, seed=seed + 1) - 0.5)
    error[..., 0, :] *= 4  # the border is worse, so leaving it in or out shows
    error[..., 1:, -1] *= 4
    return {"sr": hr + error, "hr": hr}


def _cases(seed: int) -> list[Case]:
    return [
        Case(criterion="value", inputs={**_pair(seed + 1, 1, 9, 11), "border": 0}),
        Case(criterion="value", inputs={**_pair(seed + 4, 1, 8, 8, spread=0.05), "border": 0}),
        Case(criterion="border", inputs={**_pair(seed + 7, 1, 10, 13), "border": 2}),
        Case(criterion="colour", inputs={**_pair(seed + 11, 3, 9, 9, spread=0.45), "border": 1}),
    ]


def _nothing_left(inputs: Inputs, outputs: Outputs, expected: Outputs) -> bool:
    return inputs["border"] == 0 and math.isnan(outputs["psnr"])


EXERCISE = define(
    lesson_02.psnr,
    cases=_cases,
    references=(_reference,),
    signs={"nothing_left": _nothing_left},
    wrong={
        "peak_255": lambda sr, hr, border: _by_hand(sr, hr, border) + 20 * math.log10(255),
        "natural_logarithm": lambda sr, hr, border: _by_hand(sr, hr, border) * math.log(10),
        "twenty_times": lambda sr, hr, border: 2 * _by_hand(sr, hr, border),
        "absolute_error": lambda sr, hr, border: (
            -10 * math.log10(float((_inside(sr, border) - _inside(hr, border)).abs().mean()))
        ),
        "border_left_in": lambda sr, hr, border: _by_hand(sr, hr, 0),
        "border_on_two_sides": lambda sr, hr, border: _by_hand(sr[..., border:, border:], hr[..., border:, border:], 0),
        "mean_of_decibels": _per_channel,
    },
)
