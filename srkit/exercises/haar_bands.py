"""Exercise 08.3: one level of the Haar transform."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_08
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise
from srkit.ops.wavelets import analyse

__all__ = ["EXERCISE"]


def _reordered(image: Tensor, order: list[int], signs: list[int]) -> Tensor:
    bands = torch.unflatten(analyse(image), 1, (4, -1))
    factors = torch.tensor(signs, dtype=image.dtype).reshape(1, 4, 1, 1, 1)
    return (bands[:, order] * factors).flatten(1, 2)


def _quarters(image: Tensor) -> Tensor:
    h, w = image.shape[-2] // 2, image.shape[-1] // 2
    a, b, c, d = image[..., :h, :w], image[..., :h, w:], image[..., h:, :w], image[..., h:, w:]
    return torch.cat([a + b + c + d, a - b + c - d, a + b - c - d, a - b - c + d], dim=1) / 2


def _cases(seed: int) -> list[Case]:
    level = 0.1 + 0.8 * float(noise(1, seed=seed + 5))
    return [
        Case(criterion="flat", inputs={"image": torch.full((1, 1, 4, 6), level)}),
        Case(criterion="grey", inputs={"image": noise(1, 1, 6, 4, seed=seed)}),
        Case(criterion="grey", inputs={"image": noise(2, 1, 4, 8, seed=seed + 1)}),
        Case(criterion="colour", inputs={"image": noise(2, 3, 6, 8, seed=seed + 2)}),
    ]


EXERCISE = Exercise(
    answer="haar_bands",
    number="8.3",
    title="One level of the Haar transform",
    difficulty=2,
    importance=5,
    minutes=15,
    criteria=(
        Criterion(name="flat", points=1, text="a flat image has an average twice as bright, and no details"),
        Criterion(name="grey", points=2, text="the four bands of a grey image, in the right order"),
        Criterion(name="colour", points=1, text="of three channels, all averages come first", hidden=True),
    ),
    cases=_cases,
    perform=lesson_08.haar_bands,
    references=(analyse,),
    tolerance=Tolerance(
        absolute=2e-6, relative=1e-5, reason="sums of four numbers in float32 differ by 1e-7 between orders"
    ),
    slips={
        "mean": Slip(
            "Your numbers are too small: you divide by four. Then the inverse would have to multiply, and the energy "
            "of the image would change.",
            wrong=lambda image: analyse(image) / 2,
        ),
        "sum": Slip(
            "Your numbers are too large: the four weights of one band, squared, should add up to one.",
            wrong=lambda image: analyse(image) * 2,
        ),
        "bands_swapped": Slip(
            "Two bands have changed places. The second compares columns, left minus right.",
            wrong=lambda image: _reordered(image, [0, 2, 1, 3], [1, 1, 1, 1]),
        ),
        "other_sign": Slip(
            "The differences have the wrong sign: take left minus right, and upper minus lower.",
            wrong=lambda image: _reordered(image, [0, 1, 2, 3], [1, -1, -1, 1]),
        ),
        "channel_by_channel": Slip(
            "Right for one channel. With several, the averages of all channels stand first, then all column "
            "differences, and so on.",
            wrong=lambda image: torch.unflatten(analyse(image), 1, (4, -1)).transpose(1, 2).flatten(1, 2),
        ),
        "quarters": Slip(
            "You cut the image into its four quarters. The four pixels of a place are neighbours.",
            wrong=_quarters,
        ),
    },
    avoid=(),
    hints=(
        "Take a square of 2x2 pixels a, b, c, d and write down its four numbers.",
        "All pixels in even rows and even columns at once are image[..., 0::2, 0::2]. Four such slices are what you "
        "need; each band is a sum of the four with other signs.",
        "Begin with a, b = image[..., 0::2, 0::2], image[..., 0::2, 1::2], the upper left and upper right pixels.",
    ),
)
