"""Exercise 11.5: the total variation of an image, written by hand.

Two normalisations are accepted, the mean over the (h-1)(w-1) places where both differences exist and the division by
h*w that the lecture's slide prints: they differ by a constant factor that training does not notice.
"""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import Inputs, Outputs, lesson_11
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise
from srkit.losses import tv

__all__ = ["EXERCISE"]

_FLOOR = Tolerance(
    absolute=2e-3,
    relative=0.0,
    reason="the small number under the root may be up to 1e-6, which leaves 1e-3 on a flat image",
)


def _slide(sr: Tensor) -> Tensor:
    return tv(sr, normalisation="size")


def _cases(seed: int) -> list[Case]:
    impulse = torch.zeros(1, 1, 4, 4)
    impulse[..., 1, 1] = 1.0
    level = 0.1 + 0.8 * float(noise(1, seed=seed + 17))
    batch = noise(2, 3, 5, 6, seed=seed + 11) * torch.tensor([1.0, 0.5]).reshape(2, 1, 1, 1)
    return [
        Case(criterion="value", inputs={"sr": noise(1, 1, 7, 5, seed=seed), "watch": "value"}),
        Case(criterion="value", inputs={"sr": impulse, "watch": "value"}),
        Case(criterion="gradient", inputs={"sr": noise(1, 2, 5, 6, seed=seed + 5), "watch": "gradient"}),
        Case(criterion="flat", inputs={"sr": torch.full((1, 3, 6, 6), level), "watch": "both"}, tolerance=_FLOOR),
        Case(criterion="batch", inputs={"sr": batch, "watch": "value"}),
    ]


def _lengths(sr: Tensor) -> Tensor:
    dx, dy = _steps(sr)
    return (dx.square() + dy.square() + 1e-12).sqrt()


def _steps(sr: Tensor) -> tuple[Tensor, Tensor]:
    corner = sr[..., :-1, :-1]
    return corner - sr[..., :-1, 1:], corner - sr[..., 1:, :-1]


def _wrapped(sr: Tensor) -> Tensor:
    squares = (sr - sr.roll(-1, -1)).square() + (sr - sr.roll(-1, -2)).square()
    return (squares + 1e-12).sqrt().mean()


def _not_finite(inputs: Inputs, outputs: Outputs, expected: Outputs) -> bool:
    gradient = outputs["gradient"]
    return isinstance(gradient, Tensor) and not bool(torch.isfinite(gradient).all())


EXERCISE = Exercise(
    answer="tv_loss",
    number="11.5",
    title="Total variation as a loss",
    difficulty=2,
    importance=4,
    minutes=15,
    criteria=(
        Criterion(name="value", points=1, text="the value of a grey image agrees with the lecture's formula"),
        Criterion(name="gradient", points=1, text="its gradient with respect to the image is right"),
        Criterion(name="flat", points=1, text="a flat image costs next to nothing and has a finite gradient"),
        Criterion(name="batch", points=1, text="colour images in a batch are averaged", hidden=True),
    ),
    cases=_cases,
    perform=lesson_11.tv_loss,
    references=(tv, _slide),
    tolerance=Tolerance(
        absolute=2e-5,
        relative=1e-4,
        reason="float32 sums in another order differ by 1e-6; a number under the root of up to 1e-8 by 1e-5",
    ),
    slips={
        "infinite_slope": Slip(
            "On a flat image the gradient is not finite. What is the slope of the square root at zero?",
            sign=_not_finite,
        ),
        "shapes_do_not_fit": Slip(
            "The two differences have different shapes. At which pixels do both exist?",
            raises="must match the size",
        ),
        "sum_instead_of_mean": Slip(
            "Your value grows with the number of pixels. Look at the factor in front of the lecture's sum.",
            wrong=lambda sr: _lengths(sr).sum(),
        ),
        "absolute_differences": Slip(
            "You add up |dx| and |dy|: that is the anisotropic variant, named in the slide's text. The slide's formula "
            "measures the length of the step (dx, dy).",
            wrong=lambda sr: (_steps(sr)[0].abs() + _steps(sr)[1].abs()).mean(),
        ),
        "no_root": Slip(
            "Your value equals the mean of dx^2 + dy^2. One operation of the formula is missing.",
            wrong=lambda sr: _lengths(sr).square().mean(),
        ),
        "root_of_the_mean": Slip(
            "You take one root at the very end. Which comes first in the formula, the root or the sum?",
            wrong=lambda sr: _lengths(sr).square().mean().sqrt(),
        ),
        "wraps_around": Slip(
            "Pixels at one edge are compared with those at the opposite edge, which are no neighbours.",
            wrong=_wrapped,
        ),
        "batch_summed": Slip(
            "Twice as many images cost twice as much. The loss of a batch is the mean over its images.",
            wrong=lambda sr: _lengths(sr).mean() * sr.shape[0],
        ),
        "channels_summed": Slip(
            "Three equal channels cost three times as much as one. Where does the formula divide by c?",
            wrong=lambda sr: _lengths(sr).mean() * sr.shape[1],
        ),
    },
    avoid=(),
    hints=(
        "Draw a 3x3 image on paper. At how many of its pixels do a right and a lower neighbour both exist?",
        "Slicing gives all the differences at once, without a loop: an image without its last column minus the same "
        "image without its first. Cut both differences to the same shape before you combine them.",
        "Begin with corner = sr[..., :-1, :-1], then the pixels to the right of those. The root of an exact zero has "
        "an infinite slope: leave it no exact zero.",
    ),
)
