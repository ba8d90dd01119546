"""Exercise 14.2: the slow and the fast part of an image, whose sum is the image (FSSR, ICCV Workshops 2019)."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import lesson_14
from srkit.exercises._model import Case, define, noise
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


EXERCISE = define(
    lesson_14.two_bands,
    cases=_cases,
    references=(_library,),
    wrong={
        "dark_edge": lambda image, size: _with_border(image, size, "constant"),
        "repeated_edge": lambda image, size: _with_border(image, size, "replicate"),
        "mirrored_edge": lambda image, size: _with_border(image, size, "reflect"),
        "fast_and_slow": lambda image, size: _library(image, size)[::-1],
        "for_the_discriminator": lambda image, size: (
            low_pass(image, size),
            0.5 + 0.5 * (image - low_pass(image, size)),
        ),
        "across_colours": lambda image, size: _split(
            image, low_pass(image, size).mean(1, keepdim=True).expand_as(image)
        ),
        "blocks": _in_blocks,
    },
)
