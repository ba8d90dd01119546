"""Exercise 10.2: DRCN's loss over all its predictions (Kim, Lee, Lee, CVPR 2016)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from srkit.exercises._beside import Value, lesson_10
from srkit.exercises._model import Case, define, noise
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


EXERCISE = define(
    lesson_10.supervise,
    cases=_cases,
    references=(_at_once,),
    wrong={
        "sum_of_the_early_ones": lambda early, final, hr, alpha: (
            alpha * len(early) * _at_once(early, final, hr, 1.0) + (1 - alpha) * mse(final, hr)
        ),
        "loss_of_the_mean_image": _of_the_mean,
        "alpha_exchanged": lambda early, final, hr, alpha: _library(early, final, hr, 1 - alpha),
        "not_weighed": lambda early, final, hr, alpha: 2 * _library(early, final, hr, 0.5),
        "final_alone": lambda early, final, hr, alpha: mse(final, hr),
    },
)
