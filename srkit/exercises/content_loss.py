"""Exercise 09.2: the content loss as the lecture prints it, a norm of features over their number."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_09
from srkit.exercises._model import Case, define, noise
from srkit.losses import distance

__all__ = ["EXERCISE"]

Features = Callable[[Tensor], Tensor]


def _library(phi: Features, sr: Tensor, hr: Tensor) -> Tensor:
    return distance(phi(sr), phi(hr), form="norm")


def _whole_batch(phi: Features, sr: Tensor, hr: Tensor) -> Tensor:
    difference = phi(sr) - phi(hr)
    length: Tensor = torch.linalg.vector_norm(difference)
    return length / difference.numel()


def _cases(seed: int) -> list[Case]:
    weight = noise(4, 3, 3, 3, seed=seed) - 0.4
    one = {"sr": noise(1, 3, 6, 8, seed=seed + 1), "hr": noise(1, 3, 6, 8, seed=seed + 2), "weight": weight}
    uneven = torch.tensor([1.0, 0.3]).reshape(2, 1, 1, 1)
    hr = noise(2, 3, 6, 6, seed=seed + 3)
    two = {"sr": hr + uneven * (noise(2, 3, 6, 6, seed=seed + 4) - 0.5), "hr": hr, "weight": weight}
    return [
        Case(criterion="value", inputs={**one, "watch": "value"}),
        Case(criterion="gradient", inputs={**one, "watch": "gradient"}),
        Case(criterion="batch", inputs={**two, "watch": "value"}),
    ]


EXERCISE = define(
    lesson_09.content_loss,
    cases=_cases,
    references=(_library,),
    wrong={
        "mean_of_squares": lambda phi, sr, hr: (phi(sr) - phi(hr)).square().mean(),
        "root_of_the_mean": lambda phi, sr, hr: (phi(sr) - phi(hr)).square().mean().sqrt(),
        "pixels_compared": lambda phi, sr, hr: _library(lambda image: image, sr, hr),
        "divided_by_pixels": lambda phi, sr, hr: _library(phi, sr, hr) * phi(hr)[0].numel() / hr[0].numel(),
        "not_divided": lambda phi, sr, hr: _library(phi, sr, hr) * phi(hr)[0].numel(),
        "one_norm_for_the_batch": _whole_batch,
    },
)
