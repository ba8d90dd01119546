"""Exercise 09.2: the content loss as the lecture prints it, a norm of features over their number."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_09
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise
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


EXERCISE = Exercise(
    answer="content_loss",
    number="9.2",
    title="Content loss, as the lecture prints it",
    difficulty=2,
    importance=4,
    minutes=10,
    criteria=(
        Criterion(name="value", points=1, text="the value for one image agrees with the lecture's formula"),
        Criterion(name="gradient", points=1, text="its gradient reaches the result through the features"),
        Criterion(name="batch", points=1, text="a batch costs the mean over its images", hidden=True),
    ),
    cases=_cases,
    perform=lesson_09.content_loss,
    references=(_library,),
    tolerance=Tolerance(
        absolute=1e-6, relative=1e-4, reason="float32 sums of some hundred products differ by 1e-6 between orders"
    ),
    hides=("srkit.losses._distance:distance", "srkit.losses.cycle:cycle"),
    slips={
        "mean_of_squares": Slip(
            "Your value is the mean of the squares, which is what most code takes. The lecture prints a norm: one "
            "operation more.",
            wrong=lambda phi, sr, hr: (phi(sr) - phi(hr)).square().mean(),
        ),
        "root_of_the_mean": Slip(
            "Your root covers the division as well. In the formula only the sum stands under it.",
            wrong=lambda phi, sr, hr: (phi(sr) - phi(hr)).square().mean().sqrt(),
        ),
        "pixels_compared": Slip(
            "You compare the images themselves. The content loss compares what phi says about them.",
            wrong=lambda phi, sr, hr: _library(lambda image: image, sr, hr),
        ),
        "divided_by_pixels": Slip(
            "You divide by the number of pixels of the image; the formula's h, w, c are those of the features.",
            wrong=lambda phi, sr, hr: _library(phi, sr, hr) * phi(hr)[0].numel() / hr[0].numel(),
        ),
        "not_divided": Slip(
            "Your value is the norm. What stands in front of the root?",
            wrong=lambda phi, sr, hr: _library(phi, sr, hr) * phi(hr)[0].numel(),
        ),
        "one_norm_for_the_batch": Slip(
            "You take one norm of the whole batch. Each image has its own; the loss is their mean.",
            wrong=_whole_batch,
        ),
    },
    avoid=(),
    hints=(
        "How many numbers does phi give for one image? That number, and not the pixels, is h times w times c.",
        "Features of both, their difference flattened per image, then per image: squares, sum, root, divided by how "
        "many there are. The mean over the batch comes last.",
        "Begin with difference = (phi(sr) - phi(hr)).flatten(1): one row per image.",
    ),
)
