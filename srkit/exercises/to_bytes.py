"""Exercise 00.2: from a tensor back to the bytes of a file."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_00
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

__all__ = ["EXERCISE"]


def _reference(image: Tensor) -> Tensor:
    return (255 * image).round().clamp(0, 255).byte()


def _cases(seed: int) -> list[Case]:
    inside = noise(3, 4, 5, seed=seed + 1) * 0.9 + 0.05
    outside = 2 * noise(3, 3, 4, seed=seed + 2) - 0.5
    levels = ((256 * noise(3, 2, 6, seed=seed + 3)).floor() / 255).float()
    return [
        Case(criterion="levels", inputs={"image": levels}),
        Case(criterion="rounding", inputs={"image": inside}),
        Case(criterion="range", inputs={"image": outside}),
    ]


EXERCISE = Exercise(
    answer="to_bytes",
    number="0.2",
    title="From a tensor to bytes",
    difficulty=1,
    importance=4,
    minutes=5,
    criteria=(
        Criterion(name="levels", points=1, text="what came from a file goes back unchanged, as uint8"),
        Criterion(name="rounding", points=1, text="what lies between two levels goes to the nearer one"),
        Criterion(
            name="range", points=1, text="what a network puts below 0 or above 1 stays dark or bright", hidden=True
        ),
    ),
    cases=_cases,
    perform=lesson_00.to_bytes,
    references=(_reference,),
    tolerance=Tolerance(absolute=0, relative=0.0, reason="bytes are whole numbers and either right or wrong"),
    slips={
        "cut_off": Slip(
            "You cut the decimals off, so nearly every pixel becomes one level darker or stays. Add what turns cutting "
            "into rounding.",
            wrong=lambda image: (255 * image.clamp(0, 1)).to(torch.uint8),
        ),
        "wraps_around": Slip(
            "A value above 1 comes out dark: a byte that overflows begins again at 0. Limit the values first.",
            wrong=lambda image: ((255 * image + 0.5).floor().to(torch.int64) % 256).to(torch.uint8),
        ),
        "times_256": Slip(
            "White does not come out as 255. How many steps lie between level 0 and level 255?",
            wrong=lambda image: (256 * image.clamp(0, 1)).clamp(max=255).to(torch.uint8),
        ),
        "still_floats": Slip(
            "The numbers are right, and they are still floats. A byte is torch.uint8.",
            wrong=lambda image: (255 * image.clamp(0, 1)).round(),
        ),
    },
    avoid=(),
    hints=(
        "Three things can go wrong: values outside [0, 1], values between two levels, and the type.",
        "Limit, scale, round, convert, in this order.",
        "clamp(0, 1) limits; adding one half and taking the floor rounds.",
    ),
    hides=("srkit.ops.pixels:to_uint8", "srkit.ops.pixels:levels", "srkit.ops._encode:as_levels"),
)
