"""Exercise 08.4: the image from its Haar bands."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_08
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise
from srkit.ops.wavelets import synthesise

__all__ = ["EXERCISE"]


def _average_only(bands: Tensor) -> Tensor:
    average = bands.chunk(4, dim=1)[0] / 2
    return average.repeat_interleave(2, -2).repeat_interleave(2, -1)


def _swapped(bands: Tensor) -> Tensor:
    s, x, y, d = bands.chunk(4, dim=1)
    return synthesise(torch.cat([s, y, x, d], dim=1))


def _signs(bands: Tensor) -> Tensor:
    s, x, y, d = bands.chunk(4, dim=1)
    return synthesise(torch.cat([s, -x, -y, d], dim=1))


def _quarters(bands: Tensor) -> Tensor:
    image = synthesise(bands)
    rows = [torch.cat([image[..., i::2, 0::2], image[..., i::2, 1::2]], dim=-1) for i in (0, 1)]
    return torch.cat(rows, dim=-2)


def _cases(seed: int) -> list[Case]:
    average = torch.cat([noise(1, 1, 3, 2, seed=seed), torch.zeros(1, 3, 3, 2)], dim=1)
    return [
        Case(criterion="average", inputs={"bands": average}),
        Case(criterion="grey", inputs={"bands": noise(1, 4, 3, 5, seed=seed + 1) - 0.3}),
        Case(criterion="grey", inputs={"bands": noise(2, 4, 2, 4, seed=seed + 2) - 0.3}),
        Case(criterion="colour", inputs={"bands": noise(2, 12, 3, 4, seed=seed + 3) - 0.3}),
    ]


EXERCISE = Exercise(
    answer="haar_image",
    number="8.4",
    title="The image from its Haar bands",
    difficulty=3,
    importance=4,
    minutes=15,
    criteria=(
        Criterion(name="average", points=1, text="an average without details gives every pixel twice in each way"),
        Criterion(name="grey", points=2, text="four bands give the grey image"),
        Criterion(name="colour", points=1, text="twelve bands give the image of three channels", hidden=True),
    ),
    cases=_cases,
    perform=lesson_08.haar_image,
    references=(synthesise,),
    tolerance=Tolerance(
        absolute=2e-6, relative=1e-5, reason="sums of four numbers in float32 differ by 1e-7 between orders"
    ),
    slips={
        "mean": Slip(
            "Your image is half as bright as it should be. Which factor stood in front of the bands?",
            wrong=lambda bands: synthesise(bands) / 2,
        ),
        "details_ignored": Slip(
            "You use the average alone. The three other bands say how the four pixels differ.",
            wrong=_average_only,
        ),
        "bands_swapped": Slip(
            "Columns and rows are confused: the second band says how left and right differ.",
            wrong=_swapped,
        ),
        "other_sign": Slip(
            "Left and right, and upper and lower, are exchanged: the differences were left minus right.",
            wrong=_signs,
        ),
        "quarters": Slip(
            "Your four kinds of pixels lie in the four quarters of the image; they belong side by side, in every "
            "square of 2x2.",
            wrong=_quarters,
        ),
        "channel_by_channel": Slip(
            "Right for one channel. With three, the first three bands are the averages of the three.",
            wrong=lambda bands: synthesise(torch.unflatten(bands, 1, (-1, 4)).transpose(1, 2).flatten(1, 2)),
        ),
    },
    avoid=(),
    hints=(
        "The four numbers of a square came from its four pixels by signs alone. Add all four: what is left?",
        "The matrix of signs is symmetric and, with the factor one half, its own inverse: the same sums with the same "
        "signs lead back. Then the four kinds of pixels are laid into every second row and column.",
        "Begin with average, columns, rows, diagonal = bands.chunk(4, dim=1), and an empty image made by "
        "bands.new_empty(…) of twice the height and width.",
    ),
)
