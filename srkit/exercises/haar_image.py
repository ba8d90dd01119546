"""Exercise 08.4: the image from its Haar bands."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_08
from srkit.exercises._model import Case, define, noise
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


EXERCISE = define(
    lesson_08.haar_image,
    cases=_cases,
    references=(synthesise,),
    wrong={
        "mean": lambda bands: synthesise(bands) / 2,
        "details_ignored": _average_only,
        "bands_swapped": _swapped,
        "other_sign": _signs,
        "quarters": _quarters,
        "channel_by_channel": lambda bands: synthesise(
            torch.unflatten(bands, 1, (-1, 4)).transpose(1, 2).flatten(1, 2)
        ),
    },
)
