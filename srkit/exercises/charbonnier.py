"""Exercise 09.1: L1 with a rounded tip (Lai et al., LapSRN, CVPR 2017, section 3.2)."""

from __future__ import annotations

from torch import Tensor

from srkit.exercises._beside import Value, lesson_09
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise
from srkit.losses import charbonnier

__all__ = ["EXERCISE"]


def _library(sr: Tensor, hr: Tensor, eps: float) -> Tensor:
    return charbonnier(sr, hr, eps=eps)


def _pair(seed: int, *shape: int, spread: float = 0.004) -> dict[str, Value]:
    hr = noise(*shape, seed=seed)  # the errors are about as large as eps
    return {"sr": hr + spread * (noise(*shape, seed=seed + 1) - 0.5), "hr": hr}


def _cases(seed: int) -> list[Case]:
    equal = noise(1, 1, 4, 4, seed=seed + 9)
    return [
        Case(criterion="value", inputs={**_pair(seed, 1, 1, 5, 6), "eps": 1e-3, "watch": "value"}),
        Case(criterion="gradient", inputs={**_pair(seed + 3, 1, 1, 4, 5), "eps": 1e-3, "watch": "gradient"}),
        Case(criterion="gradient", inputs={"sr": equal, "hr": equal.clone(), "eps": 1e-3, "watch": "gradient"}),
        Case(criterion="general", inputs={**_pair(seed + 6, 2, 3, 4, 3, spread=0.05), "eps": 5e-3, "watch": "value"}),
    ]


EXERCISE = Exercise(
    answer="charbonnier",
    number="9.1",
    title="L1 with a rounded tip",
    difficulty=1,
    importance=4,
    minutes=5,
    criteria=(
        Criterion(name="value", points=1, text="the value of a grey image agrees with the formula"),
        Criterion(name="gradient", points=1, text="its gradient is right, also where the two images are equal"),
        Criterion(name="general", points=1, text="it holds for colour, a batch and another eps", hidden=True),
    ),
    cases=_cases,
    perform=lesson_09.charbonnier,
    references=(_library,),
    tolerance=Tolerance(
        absolute=1e-6, relative=1e-4, reason="errors near 1e-3 are differences of numbers near 1, right to 1e-7"
    ),
    hides=("srkit.losses.pixel:charbonnier", "srkit.losses.pixel:Charbonnier"),
    slips={
        "eps_not_squared": Slip(
            "On equal images your value is the root of eps. The formula gives eps there.",
            wrong=lambda sr, hr, eps: ((sr - hr).square() + eps).sqrt().mean(),
        ),
        "eps_outside": Slip(
            "You add eps to the absolute error. That moves the tip up and leaves it as sharp as before.",
            wrong=lambda sr, hr, eps: (sr - hr).abs().mean() + eps,
        ),
        "eps_forgotten": Slip(
            "Your value is the plain L1. Where has eps gone?",
            wrong=lambda sr, hr, eps: (sr - hr).abs().mean(),
        ),
        "no_root": Slip(
            "Your values have the size of squares. One operation of the formula is missing.",
            wrong=lambda sr, hr, eps: ((sr - hr).square() + eps**2).mean(),
        ),
        "root_of_the_mean": Slip(
            "You take one root at the very end. Each pixel has its own.",
            wrong=lambda sr, hr, eps: ((sr - hr).square().mean() + eps**2).sqrt(),
        ),
        "sum_instead_of_mean": Slip(
            "Your value grows with the number of pixels. LapSRN's own code does that too; here a mean is asked for.",
            wrong=lambda sr, hr, eps: _library(sr, hr, eps) * sr.numel(),
        ),
    },
    avoid=(),
    hints=(
        "What should the loss of two equal images be? Put an error of 0 into the formula.",
        "It is done pixel by pixel: square the error, add the square of the radius, take the root. The mean over "
        "everything comes last.",
        "Begin with error = sr - hr.",
    ),
)
