"""Exercise 07.2: how the channels vary together."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_07
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise
from srkit.models.san import covariance

__all__ = ["EXERCISE"]


def _products(centred: Tensor) -> Tensor:
    pixels = centred.flatten(2)
    return torch.einsum("bin,bjn->bij", pixels, pixels) / pixels.shape[-1]


def _pixels(features: Tensor) -> Tensor:
    centred = (features - features.mean((2, 3), keepdim=True)).flatten(2)
    return centred.mT @ centred / centred.shape[-1]


def _sample(features: Tensor) -> Tensor:
    n = features.shape[2] * features.shape[3]
    return covariance(features) * n / (n - 1)


def _correlation(features: Tensor) -> Tensor:
    found = covariance(features)
    spread = found.diagonal(dim1=1, dim2=2).sqrt()
    return found / (spread[:, :, None] * spread[:, None, :])


def _cases(seed: int) -> list[Case]:
    raw = noise(1, 4, 5, 6, seed=seed)
    other = noise(3, 4, 5, 4, seed=seed + 3) + torch.tensor([0.0, 1.0, 2.0]).reshape(3, 1, 1, 1)
    return [
        Case(criterion="centred", inputs={"features": raw - raw.mean((2, 3), keepdim=True)}),
        Case(criterion="any", inputs={"features": noise(1, 5, 4, 6, seed=seed + 1) + 0.5}),
        Case(criterion="any", inputs={"features": noise(1, 3, 7, 3, seed=seed + 2) - 2}),
        Case(criterion="batch", inputs={"features": other}),
    ]


EXERCISE = Exercise(
    answer="covariance_pool",
    number="7.2",
    title="How the channels vary together",
    difficulty=2,
    importance=3,
    minutes=10,
    criteria=(
        Criterion(name="centred", points=1, text="channels that already have mean zero"),
        Criterion(name="any", points=2, text="channels of any mean; a constant added to one changes nothing"),
        Criterion(name="batch", points=1, text="each image of a batch has a covariance of its own", hidden=True),
    ),
    cases=_cases,
    perform=lesson_07.covariance_pool,
    references=(covariance,),
    tolerance=Tolerance(
        absolute=2e-5, relative=1e-4, reason="float32 sums over 30 pixels with means up to 3 are right to 1e-6"
    ),
    slips={
        "not_centred": Slip(
            "Add a constant to a channel, and yours changes. A covariance is made of deviations.",
            wrong=lambda features: _products(features),
        ),
        "sum": Slip(
            "Yours grows with the size of the image. A mean over the pixels is asked for.",
            wrong=lambda features: covariance(features) * features.shape[2] * features.shape[3],
        ),
        "sample": Slip(
            "You divide by one pixel less than there are. That estimates a population; here the pixels are all there "
            "is.",
            wrong=_sample,
        ),
        "pixels": Slip(
            "Your matrix compares pixels with pixels. It should compare channels with channels, (b, c, c).",
            wrong=_pixels,
        ),
        "correlation": Slip(
            "Your diagonal is one: these are correlations. How strongly a channel varies is wanted, too.",
            wrong=_correlation,
        ),
        "over_the_batch": Slip(
            "Right for one image. With several, each is compared with its own means, not with the batch's.",
            wrong=lambda features: _products(features - features.mean((0, 2, 3), keepdim=True)),
        ),
    },
    avoid=("cov",),
    hints=(
        "Take two channels only. When is the number that says how they vary together large, when is it negative?",
        "Lay the pixels of each channel in a row, (b, c, n), subtract each row's mean, and multiply the matrix with "
        "its own transpose: that sums over the pixels for all pairs of channels at once.",
        "Begin with rows = features.flatten(2), (b, c, h*w).",
    ),
)
