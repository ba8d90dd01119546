"""Exercise 00.3: the simplest enlargement there is."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import lesson_00
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

__all__ = ["EXERCISE"]


def _reference(image: Tensor, scale: int) -> Tensor:
    return image.repeat_interleave(scale, -2).repeat_interleave(scale, -1)


def _with_torch(image: Tensor, scale: int) -> Tensor:
    return F.interpolate(image[None], scale_factor=scale, mode="nearest")[0]


def _cases(seed: int) -> list[Case]:
    return [
        Case(criterion="twice", inputs={"image": noise(3, 4, 4, seed=seed + 1), "scale": 2}),
        Case(criterion="oblong", inputs={"image": noise(3, 2, 5, seed=seed + 2), "scale": 2}),
        Case(criterion="scale", inputs={"image": noise(1, 3, 4, seed=seed + 3), "scale": 3}),
    ]


EXERCISE = Exercise(
    answer="nearest",
    number="0.3",
    title="Nearest neighbour",
    difficulty=1,
    importance=3,
    minutes=5,
    criteria=(
        Criterion(name="twice", points=1, text="a square image becomes twice as high and twice as wide"),
        Criterion(name="oblong", points=1, text="so does an oblong one"),
        Criterion(name="scale", points=1, text="any whole scale and number of channels works", hidden=True),
    ),
    cases=_cases,
    perform=lesson_00.nearest,
    references=(_with_torch,),
    tolerance=Tolerance(absolute=0, relative=0.0, reason="pixels are copied, and copies are exact"),
    slips={
        "tiled": Slip(
            "You repeat the whole image, like tiles. Each pixel should be repeated where it stands.",
            wrong=lambda image, scale: image.repeat(1, scale, scale),
        ),
        "one_direction": Slip(
            "The image has grown in one direction only.",
            wrong=lambda image, scale: image.repeat_interleave(scale, -1),
        ),
        "zeros_between": Slip(
            "Between the old pixels there is black. The new pixels should copy their neighbour.",
            wrong=lambda image, scale: torch.kron(image, torch.eye(scale)[:1].T @ torch.eye(scale)[:1]),
        ),
        "always_two": Slip(
            "The scale does not count in yours: it is always 2.",
            wrong=lambda image, scale: _reference(image, 2),
        ),
    },
    avoid=(),
    allowed=("interpolate", "repeat_interleave", "Upsample"),
    hints=(
        "On paper: what does the row [1, 2] become at scale 3?",
        "repeat_interleave copies each entry of one axis where it stands, so two calls do it.",
        "The rows are the last axis but one: image.repeat_interleave(scale, -2).",
    ),
)
