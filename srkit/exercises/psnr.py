"""Exercise 02.3: PSNR with a border."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from srkit.exercises._beside import Value, lesson_02
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise
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
    strength = torch.linspace(0.05, spread, shape[0]).reshape(-1, 1, 1)
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


EXERCISE = Exercise(
    answer="psnr",
    number="2.3",
    title="Peak signal-to-noise ratio",
    difficulty=2,
    importance=5,
    minutes=10,
    criteria=(
        Criterion(name="value", points=2, text="the number of decibels is right for grey images"),
        Criterion(name="border", points=1, text="the border is left out on all four sides"),
        Criterion(name="colour", points=1, text="three channels have one mean squared error", hidden=True),
    ),
    cases=_cases,
    perform=lesson_02.psnr,
    references=(_reference,),
    tolerance=Tolerance(
        absolute=2e-3, relative=0.0, reason="a float32 mean of squares is right to 1e-5, that is 1e-4 decibels"
    ),
    slips={
        "peak_255": Slip(
            "Your number is 48 dB too high: you take 255 for the largest value, and the images are in [0, 1].",
            wrong=lambda sr, hr, border: _by_hand(sr, hr, border) + 20 * math.log10(255),
        ),
        "natural_logarithm": Slip(
            "You use the natural logarithm. Decibels are made with the one to base 10.",
            wrong=lambda sr, hr, border: _by_hand(sr, hr, border) * math.log(10),
        ),
        "twenty_times": Slip(
            "Your number is twice too large: 20 belongs to the root of the mean squared error, 10 to the mean squared "
            "error itself.",
            wrong=lambda sr, hr, border: 2 * _by_hand(sr, hr, border),
        ),
        "absolute_error": Slip(
            "You average absolute differences. The formula has their squares.",
            wrong=lambda sr, hr, border: (
                -10 * math.log10(float((_inside(sr, border) - _inside(hr, border)).abs().mean()))
            ),
        ),
        "border_left_in": Slip("The border still counts in yours.", wrong=lambda sr, hr, border: _by_hand(sr, hr, 0)),
        "border_on_two_sides": Slip(
            "You leave the border out at the top and at the left only.",
            wrong=lambda sr, hr, border: _by_hand(sr[..., border:, border:], hr[..., border:, border:], 0),
        ),
        "mean_of_decibels": Slip(
            "You average the decibels of the channels. Average the squared errors first, then take one logarithm.",
            wrong=_per_channel,
        ),
    },
    avoid=(),
    hints=(
        "How many decibels has an image whose every pixel is off by 0.1? Compute it by hand; it is a round number.",
        "Cut both images first, then the mean of the squared differences over everything that is left, then -10 times "
        "its logarithm to base 10. x[..., 0:-0, :] is empty, so border 0 needs a thought.",
        "Begin with h, w = hr.shape[-2:] and inside = (..., slice(border, h - border), slice(border, w - border)).",
    ),
    hides=("srkit.metrics.psnr:psnr", "srkit.metrics.psnr:psnr_seen"),
)
