"""Exercise 10.2: DRCN's loss over all its predictions (Kim, Lee, Lee, CVPR 2016)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from srkit.exercises._beside import Value, lesson_10
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise
from srkit.losses import mse

__all__ = ["EXERCISE"]


def _library(early: Sequence[Tensor], final: Tensor, hr: Tensor, alpha: float) -> Tensor:
    return alpha * torch.stack([mse(one, hr) for one in early]).mean() + (1 - alpha) * mse(final, hr)


def _at_once(early: Sequence[Tensor], final: Tensor, hr: Tensor, alpha: float) -> Tensor:
    return alpha * (torch.stack(list(early)) - hr).square().mean() + (1 - alpha) * (final - hr).square().mean()


def _of_the_mean(early: Sequence[Tensor], final: Tensor, hr: Tensor, alpha: float) -> Tensor:
    return alpha * mse(torch.stack(list(early)).mean(0), hr) + (1 - alpha) * mse(final, hr)


def _cases(seed: int) -> list[Case]:
    hr = noise(2, 1, 4, 5, seed=seed)
    early = [hr + 0.3 * (noise(2, 1, 4, 5, seed=seed + k) - 0.4) for k in (1, 2, 3)]
    final = hr + 0.2 * (noise(2, 1, 4, 5, seed=seed + 4) - 0.5)
    base: dict[str, Value] = {"early": early, "final": final, "hr": hr}
    return [
        Case(criterion="value", inputs={**base, "alpha": 0.3, "watch": "value"}),
        Case(criterion="ends", inputs={**base, "alpha": 0.0, "watch": "value"}),
        Case(criterion="ends", inputs={**base, "alpha": 1.0, "watch": "value"}),
        Case(criterion="gradient", inputs={**base, "alpha": 0.6, "watch": "gradient"}),
    ]


EXERCISE = Exercise(
    answer="supervise",
    number="10.2",
    title="Every prediction counts",
    difficulty=1,
    importance=3,
    minutes=10,
    criteria=(
        Criterion(name="value", points=1, text="the value agrees with DRCN's formula"),
        Criterion(name="ends", points=1, text="alpha = 0 asks the final prediction alone, alpha = 1 the early ones"),
        Criterion(name="gradient", points=1, text="each prediction gets its own share of the gradient", hidden=True),
    ),
    cases=_cases,
    perform=lesson_10.supervise,
    references=(_at_once,),
    tolerance=Tolerance(
        absolute=1e-7, relative=1e-4, reason="float32 means of some hundred squares differ by 1e-8 between orders"
    ),
    slips={
        "sum_of_the_early_ones": Slip(
            "The early predictions weigh more the more there are of them. The formula has their mean.",
            wrong=lambda early, final, hr, alpha: (
                alpha * len(early) * _at_once(early, final, hr, 1.0) + (1 - alpha) * mse(final, hr)
            ),
        ),
        "loss_of_the_mean_image": Slip(
            "You average the images, then take one loss. Errors may cancel; each has a loss of its own.",
            wrong=_of_the_mean,
        ),
        "alpha_exchanged": Slip(
            "At alpha = 1 your loss looks at the final prediction. In DRCN training begins there, with the early ones.",
            wrong=lambda early, final, hr, alpha: _library(early, final, hr, 1 - alpha),
        ),
        "not_weighed": Slip(
            "Both parts count fully in yours. Where is alpha?",
            wrong=lambda early, final, hr, alpha: 2 * _library(early, final, hr, 0.5),
        ),
        "final_alone": Slip(
            "Your loss looks at the final prediction only.",
            wrong=lambda early, final, hr, alpha: mse(final, hr),
        ),
    },
    avoid=(),
    hints=(
        "Write down the value for two early predictions with losses 4 and 2, a final one with 1, and alpha = 1/2.",
        "One mean squared error for each early prediction, their mean, times alpha; plus (1 - alpha) times that of the "
        "final one.",
        "Begin with a list of the losses of the early predictions.",
    ),
    hides=("srkit.training.supervise:supervised_terms",),
)
