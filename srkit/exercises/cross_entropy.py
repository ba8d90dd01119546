"""Exercise 09.3: the two sides of an adversarial game with cross-entropy, from logits."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import Inputs, Outputs, lesson_09
from srkit.exercises._model import Case, define, noise
from srkit.losses import GAMES

__all__ = ["EXERCISE"]

Losses = tuple[Tensor, Tensor]


def _library(real: Tensor, made: Tensor) -> Losses:
    game = GAMES.get("CE")
    return game.generator(real, made), game.discriminator(real, made)


def _cases(seed: int) -> list[Case]:
    real, made = 4 * noise(4, 1, seed=seed) - 1, 4 * noise(4, 1, seed=seed + 1) - 3
    patches = {"real": 6 * noise(2, 1, 3, 4, seed=seed + 2) - 3, "made": 6 * noise(2, 1, 3, 4, seed=seed + 3) - 3}
    far = 200 + 50 * noise(2, 1, seed=seed + 4)
    return [
        Case(criterion="generator", inputs={"real": real, "made": made, "watch": ["generator"]}),
        Case(criterion="discriminator", inputs={"real": real, "made": made, "watch": ["discriminator"]}),
        Case(criterion="certain", inputs={"real": far, "made": -far, "watch": ["generator"]}),
        Case(criterion="certain", inputs={"real": -far, "made": far, "watch": ["discriminator"]}),
        Case(criterion="maps", inputs={**patches, "watch": list(lesson_09.SIDES)}),
    ]


def _not_finite(inputs: Inputs, outputs: Outputs, expected: Outputs) -> bool:
    return any(isinstance(value, Tensor) and not bool(torch.isfinite(value).all()) for value in outputs.values())


def _scaled(generator: float, discriminator: float) -> Callable[[Tensor, Tensor], Losses]:
    def losses(real: Tensor, made: Tensor) -> Losses:
        first, second = _library(real, made)
        return generator * first, discriminator * second

    return losses


EXERCISE = define(
    lesson_09.cross_entropy,
    cases=_cases,
    references=(_library,),
    signs={"logarithm_of_zero": _not_finite},
    wrong={
        "saturating": lambda real, made: (-F.softplus(made).mean(), _library(real, made)[1]),
        "generator_helps_the_discriminator": lambda real, made: (F.softplus(made).mean(), _library(real, made)[1]),
        "halved": _scaled(1, 0.5),
        "real_images_forgotten": lambda real, made: (_library(real, made)[0], F.softplus(made).mean()),
        "labels_exchanged": lambda real, made: (_library(real, made)[0], _library(made, real)[1]),
        "summed_over_the_batch": lambda real, made: tuple(loss * made.numel() for loss in _library(real, made)),
        "logarithm_to_base_two": _scaled(1 / math.log(2), 1 / math.log(2)),
    },
)
