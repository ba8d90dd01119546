"""Exercise 04.4: the sub-pixel layer's rearrangement."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import lesson_04
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

__all__ = ["EXERCISE"]


def _other_order(x: Tensor, scale: int, order: tuple[int, ...]) -> Tensor:
    b, c, h, w = x.shape
    shape = (b, scale, scale, c // scale**2, h, w) if order[1] == 3 else (b, c // scale**2, scale, scale, h, w)
    return x.reshape(shape).permute(order).reshape(b, c // scale**2, scale * h, scale * w)


def _cases(seed: int) -> list[Case]:
    return [
        Case(criterion="one", inputs={"x": noise(1, 4, 2, 3, seed=seed + 1), "scale": 2}),
        Case(criterion="colour", inputs={"x": noise(1, 12, 3, 2, seed=seed + 2), "scale": 2}),
        Case(criterion="scale", inputs={"x": noise(2, 18, 2, 3, seed=seed + 3), "scale": 3}),
    ]


EXERCISE = Exercise(
    answer="pixel_shuffle",
    number="4.4",
    title="Pixel shuffle",
    difficulty=3,
    importance=5,
    minutes=15,
    criteria=(
        Criterion(name="one", points=1, text="four channels become one image of twice the size"),
        Criterion(name="colour", points=2, text="twelve channels become three, each from its own four"),
        Criterion(name="scale", points=1, text="other scales and batches work", hidden=True),
    ),
    cases=_cases,
    perform=lesson_04.pixel_shuffle,
    references=(F.pixel_shuffle,),
    tolerance=Tolerance(absolute=0, relative=0.0, reason="pixels are moved, and nothing is computed"),
    slips={
        "only_reshaped": Slip(
            "The size is right, but pixels that were neighbours are not any more: reshaping alone never interleaves. "
            "The axes have to change places in between.",
            wrong=lambda x, scale: x.reshape(len(x), x.shape[1] // scale**2, scale * x.shape[2], scale * x.shape[3]),
        ),
        "phases_turned": Slip(
            "Rows and columns within each small square have changed places.",
            wrong=lambda x, scale: _other_order(x, scale, (0, 1, 4, 3, 5, 2)),
        ),
        "colours_mixed": Slip(
            "The channels are taken in another order: those that make one colour lie next to each other, not three "
            "apart.",
            wrong=lambda x, scale: _other_order(x, scale, (0, 3, 4, 1, 5, 2)),
        ),
        "blocks_side_by_side": Slip(
            "Your result is a mosaic of four small images. The pixels of the four should alternate.",
            wrong=lambda x, scale: _other_order(x, scale, (0, 1, 2, 4, 3, 5)),
        ),
    },
    avoid=("pixel_shuffle", "PixelShuffle", "fold"),
    hints=(
        "On paper: four channels of one pixel each, a, b, c, d. Where in the 2x2 result does each go?",
        "Split the channel axis into (colour, row, column), bring row next to the height and column next to the width, "
        "then merge each pair.",
        "Begin with x.reshape(b, c // scale**2, scale, scale, h, w), then permute.",
    ),
)
