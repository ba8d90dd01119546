"""Exercise 14.1: how much of an image lies at each fineness, whatever it shows."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_14
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

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


EXERCISE = Exercise(
    answer="radial_spectrum",
    number="14.1",
    title="Power at each fineness",
    difficulty=3,
    importance=3,
    minutes=15,
    criteria=(
        Criterion(name="dot", points=1, text="a single bright pixel has the same mean power in every ring"),
        Criterion(name="wave", points=2, text="a wave lies in the ring of its own fineness, at whatever angle"),
        Criterion(name="oblong", points=1, text="an oblong image is measured in waves per pixel", hidden=True),
    ),
    cases=_cases,
    perform=lesson_14.radial_spectrum,
    references=(_fourier,),
    tolerance=Tolerance(
        absolute=1e-5,
        relative=1e-3,
        reason="float32 transforms of 17 to 29 points differ by 1e-6 of the largest coefficient",
    ),
    slips={
        "centred_once": Slip(
            "Zero frequency lies in the middle of your power and in the corner of your radii: both or neither.",
            wrong=_centred_once,
        ),
        "sum_of_the_ring": Slip(
            "Outer rings hold more frequencies than inner ones, so their sums are larger. A mean is asked for.",
            wrong=_sums,
        ),
        "amplitude": Slip(
            "You average the amplitude. Power is its square.",
            wrong=lambda image, rings: _in_rings(
                torch.fft.fft2(image).abs() / image.numel(), _radius(*image.shape), rings
            ),
        ),
        "not_divided": Slip(
            "Your power grows with the image: it is not divided by the number of pixels.",
            wrong=lambda image, rings: _fourier(image, rings) * image.numel(),
        ),
        "corners_in_the_last_ring": Slip(
            "Your last ring holds the corners too, which lie beyond half a wave per pixel.",
            wrong=_with_corners,
        ),
        "waves_per_image": Slip(
            "Your rings are round in waves per image. In an oblong image that is another fineness along each side.",
            wrong=_of_counts,
        ),
    },
    avoid=(),
    hints=(
        "Which places of the transformed image belong to one fineness, and how would you collect them?",
        "torch.fft.fftfreq(n) gives the waves per pixel along one side, in the order fft2 uses. The distance from "
        "zero, times twice the number of rings, cut to an integer, is the ring's number.",
        "Begin with the power: the squared absolute value of torch.fft.fft2(image), over image.numel().",
    ),
    hides=("srkit.evaluation.gap:radial_spectrum",),
)
