"""Exercise 14.2: the slow and the fast part of an image, whose sum is the image (FSSR, ICCV Workshops 2019)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import lesson_14
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise
from srkit.ops.bands import low_pass

__all__ = ["EXERCISE"]

Bands = tuple[Tensor, Tensor]


def _split(image: Tensor, low: Tensor) -> Bands:
    return low, image - low


def _library(image: Tensor, size: int) -> Bands:
    return _split(image, low_pass(image, size))


def _with_border(image: Tensor, size: int, mode: str) -> Bands:
    return _split(image, F.avg_pool2d(F.pad(image, [size // 2] * 4, mode=mode), size, 1))


def _in_blocks(image: Tensor, size: int) -> Bands:
    """Take the means of squares laid side by side, not of one around every pixel."""
    blocks = F.avg_pool2d(image, size, ceil_mode=True)
    h, w = image.shape[-2:]
    return _split(image, blocks.repeat_interleave(size, 2).repeat_interleave(size, 3)[..., :h, :w])


def _cases(seed: int) -> list[Case]:
    one, two, three = (
        noise(*shape, seed=seed + k) for k, shape in enumerate(((1, 3, 9, 11), (2, 3, 8, 7), (1, 1, 7, 7)))
    )
    return [
        Case(criterion="low", inputs={"image": one, "size": 5, "watch": "inside"}),
        Case(criterion="sum", inputs={"image": two, "size": 3, "watch": "sum"}),
        Case(criterion="edge", inputs={"image": three, "size": 5, "watch": "all"}),
        Case(criterion="edge", inputs={"image": two, "size": 3, "watch": "all"}),
    ]


EXERCISE = Exercise(
    answer="two_bands",
    number="14.2",
    title="Slow and fast",
    difficulty=2,
    importance=4,
    minutes=10,
    criteria=(
        Criterion(name="low", points=1, text="the slow part is the mean of the square around each pixel"),
        Criterion(name="sum", points=1, text="slow and fast part add up to the image, each with a mean of its own"),
        Criterion(name="edge", points=1, text="at the edge only pixels that exist are averaged", hidden=True),
    ),
    cases=_cases,
    perform=lesson_14.two_bands,
    references=(_library,),
    tolerance=Tolerance(absolute=2e-6, relative=1e-5, reason="sums of 25 values in another order differ by 1e-7"),
    hides=("srkit.ops.bands:low_pass", "srkit.ops.bands:high_pass", "srkit.losses.frequency:LowPass"),
    slips={
        "dark_edge": Slip(
            "Your slow part gets darker at the edge: zeros outside the image are averaged too.",
            wrong=lambda image, size: _with_border(image, size, "constant"),
        ),
        "repeated_edge": Slip(
            "You repeat the outermost pixels outside the image. Here only pixels that exist count.",
            wrong=lambda image, size: _with_border(image, size, "replicate"),
        ),
        "mirrored_edge": Slip(
            "You mirror the image at its edge. Here only pixels that exist count.",
            wrong=lambda image, size: _with_border(image, size, "reflect"),
        ),
        "fast_and_slow": Slip(
            "The slow part comes first, the fast one second.",
            wrong=lambda image, size: _library(image, size)[::-1],
        ),
        "for_the_discriminator": Slip(
            "Your fast part is scaled and moved to grey, as it is shown to a discriminator. Then slow and fast no "
            "longer add up to the image.",
            wrong=lambda image, size: (low_pass(image, size), 0.5 + 0.5 * (image - low_pass(image, size))),
        ),
        "across_colours": Slip(
            "You average the three colours as well. Each of them is smoothed by itself.",
            wrong=lambda image, size: _split(image, low_pass(image, size).mean(1, keepdim=True).expand_as(image)),
        ),
        "blocks": Slip(
            "Your slow part is a mosaic: the squares lie side by side. There is one around every pixel.",
            wrong=_in_blocks,
        ),
    },
    avoid=(),
    hints=(
        "What is left of an image when its slow part is taken away?",
        "F.avg_pool2d with a stride of 1 and half a square of padding gives the mean around each pixel. One of its "
        "arguments decides whether the padding counts.",
        "Compute the slow part first; padding=size // 2.",
    ),
)
