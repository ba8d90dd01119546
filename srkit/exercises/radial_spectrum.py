"""Exercise 14.1: how much of an image lies at each fineness, whatever it shows."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_14
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]


def _radius(h: int, w: int) -> Tensor:
    y, x = (torch.fft.fftfreq(n) for n in (h, w))
    return torch.hypot(y[:, None], x)  # (h, w)


def _in_rings(power: Tensor, radius: Tensor, rings: int) -> Tensor:
    """Return the mean power of each ring; what lies beyond half a period per pixel belongs to none."""
    place = (radius * 2 * rings).long()
    return torch.stack([power[place == ring].mean() for ring in range(rings)])  # (rings,)


def _fourier(image: Tensor, rings: int) -> Tensor:
    power = torch.fft.fft2(image).abs().square() / image.numel()  # (h, w)
    return _in_rings(power, _radius(*image.shape), rings)


def _of_counts(image: Tensor, rings: int) -> Tensor:
    """Measure the radius in waves per image: an oblong image gets oblong rings."""
    h, w = image.shape
    y, x = torch.fft.fftfreq(h) * h, torch.fft.fftfreq(w) * w
    radius = (y[:, None].square() + x.square()).sqrt() / min(h, w)
    return _in_rings(torch.fft.fft2(image).abs().square() / image.numel(), radius, rings)


def _centred_once(image: Tensor, rings: int) -> Tensor:
    power = torch.fft.fftshift(torch.fft.fft2(image)).abs().square() / image.numel()
    return _in_rings(power, _radius(*image.shape), rings)


def _sums(image: Tensor, rings: int) -> Tensor:
    place = (_radius(*image.shape) * 2 * rings).long()
    counts = torch.stack([(place == ring).sum() for ring in range(rings)])
    return _fourier(image, rings) * counts


def _with_corners(image: Tensor, rings: int) -> Tensor:
    power = torch.fft.fft2(image).abs().square() / image.numel()
    return _in_rings(power, _radius(*image.shape).clamp(max=0.4999), rings)


def _cases(seed: int) -> list[Case]:
    dot = torch.zeros(19, 19)
    dot[5, 11] = 1.0 + float(noise(1, seed=seed))
    y, x = torch.meshgrid(torch.arange(23.0), torch.arange(23.0), indexing="ij")
    wave = (2 * math.pi * (3 * x + 4 * y) / 23 + float(noise(1, seed=seed + 1))).cos()
    square, oblong = noise(17, 17, seed=seed + 2), noise(13, 29, seed=seed + 3)
    return [
        Case(criterion="dot", inputs={"image": dot, "rings": 5}),
        Case(criterion="wave", inputs={"image": wave, "rings": 5}),
        Case(criterion="wave", inputs={"image": square, "rings": 4}),
        Case(criterion="oblong", inputs={"image": oblong, "rings": 5}),
    ]


EXERCISE = define(
    lesson_14.radial_spectrum,
    cases=_cases,
    references=(_fourier,),
    wrong={
        "centred_once": _centred_once,
        "sum_of_the_ring": _sums,
        "amplitude": lambda image, rings: _in_rings(
            torch.fft.fft2(image).abs() / image.numel(), _radius(*image.shape), rings
        ),
        "not_divided": lambda image, rings: _fourier(image, rings) * image.numel(),
        "corners_in_the_last_ring": _with_corners,
        "waves_per_image": _of_counts,
    },
)
