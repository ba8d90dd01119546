"""Exercise 09.3: the two sides of an adversarial game with cross-entropy, from logits."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import Inputs, Outputs, lesson_09
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise
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


EXERCISE = Exercise(
    answer="cross_entropy",
    number="9.3",
    title="Generator against discriminator, with cross-entropy",
    difficulty=2,
    importance=4,
    minutes=15,
    criteria=(
        Criterion(name="generator", points=1, text="the loss of the generator is right"),
        Criterion(name="discriminator", points=1, text="the loss of the discriminator is right"),
        Criterion(name="certain", points=1, text="both stay finite and right when the discriminator is certain"),
        Criterion(name="maps", points=1, text="a map of logits counts by its mean", hidden=True),
    ),
    cases=_cases,
    perform=lesson_09.cross_entropy,
    references=(_library,),
    tolerance=Tolerance(
        absolute=1e-5, relative=1e-5, reason="a logarithm of a sigmoid in float32 is right to 1e-6 near zero"
    ),
    hides=(
        "srkit.losses.adversarial:_cross_entropy_generator",
        "srkit.losses.adversarial:_cross_entropy_discriminator",
    ),
    slips={
        "logarithm_of_zero": Slip(
            "A loss is not finite. The sigmoid of -200 is 0 in float32, and what is the logarithm of that?",
            sign=_not_finite,
        ),
        "saturating": Slip(
            "Your generator minimises log(1 - D(made)). It has no slope where the generator is bad; the lecture's has.",
            wrong=lambda real, made: (-F.softplus(made).mean(), _library(real, made)[1]),
        ),
        "generator_helps_the_discriminator": Slip(
            "Your generator is content when its images are called made. It should want them called real.",
            wrong=lambda real, made: (F.softplus(made).mean(), _library(real, made)[1]),
        ),
        "halved": Slip(
            "Your discriminator's loss is half of the lecture's; some code does halve it, the formula adds two terms.",
            wrong=_scaled(1, 0.5),
        ),
        "real_images_forgotten": Slip(
            "Your discriminator looks at made images only. It must also call the real ones real.",
            wrong=lambda real, made: (_library(real, made)[0], F.softplus(made).mean()),
        ),
        "labels_exchanged": Slip(
            "Your discriminator calls real what was made, and the other way round.",
            wrong=lambda real, made: (_library(real, made)[0], _library(made, real)[1]),
        ),
        "summed_over_the_batch": Slip(
            "Your losses grow with the number of logits. Take means.",
            wrong=lambda real, made: tuple(loss * made.numel() for loss in _library(real, made)),
        ),
        "logarithm_to_base_two": Slip(
            "You count in bits. The lecture's logarithm is the natural one.",
            wrong=_scaled(1 / math.log(2), 1 / math.log(2)),
        ),
    },
    avoid=("binary_cross_entropy_with_logits", "BCEWithLogitsLoss"),
    hints=(
        "What do the two losses become if all logits are 0, that is D = 1/2 everywhere? Two multiples of ln 2.",
        "With D = sigmoid(z): -log D = log(1 + exp(-z)) and -log(1 - D) = log(1 + exp(z)). PyTorch has log(1 + exp(x)) "
        "as one function that does not overflow.",
        "Begin with the generator: it wants D(made) near 1, so which of the two expressions, at which logits?",
    ),
)
