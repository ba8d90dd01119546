"""Exercise 10.4: what a camera's sensor keeps of an image, one colour per pixel."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_10
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise
from srkit.ops.mosaic import mosaic

__all__ = ["EXERCISE"]


def _pattern(image: Tensor, pattern: str = "rggb") -> Tensor:
    return mosaic(image, pattern=pattern).sum(-3, keepdim=True)


def _halved(image: Tensor) -> Tensor:
    corners = [image[:, 0:1, ::2, ::2], image[:, 1:2, ::2, 1::2], image[:, 2:3, 1::2, 1::2]]
    return torch.cat(corners, 1)


def _cases(seed: int) -> list[Case]:
    level = 0.1 + 0.3 * noise(3, 1, 1, seed=seed) + torch.tensor([0.0, 0.2, 0.5]).reshape(3, 1, 1)
    return [
        Case(criterion="pattern", inputs={"image": level.expand(1, 3, 4, 4).clone()}),
        Case(criterion="detail", inputs={"image": noise(1, 3, 6, 4, seed=seed + 1)}),
        Case(criterion="odd", inputs={"image": noise(2, 3, 5, 7, seed=seed + 2)}),
    ]


EXERCISE = Exercise(
    answer="bayer",
    number="10.4",
    title="What a sensor sees",
    difficulty=2,
    importance=3,
    minutes=10,
    criteria=(
        Criterion(name="pattern", points=1, text="red, green, green, blue in each square of four pixels"),
        Criterion(name="detail", points=1, text="each pixel keeps its own value of that colour"),
        Criterion(name="odd", points=1, text="a batch with an odd number of rows and columns works", hidden=True),
    ),
    cases=_cases,
    perform=lesson_10.bayer,
    references=(_pattern,),
    tolerance=Tolerance(
        absolute=1e-6, relative=0.0, reason="values are copied; a product with 0 or 1 and a sum change nothing"
    ),
    hides=("srkit.ops.mosaic:bayer_masks", "srkit.ops.mosaic:mosaic"),
    slips={
        "begins_with_blue": Slip("Red and blue have changed places.", wrong=lambda image: _pattern(image, "bggr")),
        "begins_with_green": Slip(
            "Your pattern begins with green. The first row here is red, green, red, green.",
            wrong=lambda image: _pattern(image, "grbg"),
        ),
        "three_channels": Slip(
            "Your result still has three channels. A sensor gives one number for each pixel.",
            wrong=lambda image: mosaic(image),
        ),
        "half_the_size": Slip(
            "Your result has a quarter of the pixels. Each of the four pixels of a square keeps its place.",
            wrong=_halved,
        ),
        "mean_of_the_colours": Slip(
            "You mix the three colours. Behind each filter the sensor sees one of them.",
            wrong=lambda image: image.mean(1, keepdim=True),
        ),
    },
    avoid=(),
    hints=(
        "Draw the first 2 x 2 pixels and the four after them. Which colour have the pixels with even row and even "
        "column?",
        "x[..., ::2, ::2] are the pixels of even row and even column, x[..., 1::2, ::2] those of odd row and even "
        "column. Green has two of the four places, so begin with green everywhere.",
        "Begin with sensor = image[:, 1:2].clone().",
    ),
)
