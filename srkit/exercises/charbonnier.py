"""Exercise 09.1: L1 with a rounded tip (Lai et al., LapSRN, CVPR 2017, section 3.2)."""

from __future__ import annotations

from torch import Tensor

from srkit.exercises._beside import Value, lesson_09
from srkit.exercises._model import Case, define, noise
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


EXERCISE = define(
    lesson_09.charbonnier,
    cases=_cases,
    references=(_library,),
    wrong={
        "eps_not_squared": lambda sr, hr, eps: ((sr - hr).square() + eps).sqrt().mean(),
        "eps_outside": lambda sr, hr, eps: (sr - hr).abs().mean() + eps,
        "eps_forgotten": lambda sr, hr, eps: (sr - hr).abs().mean(),
        "no_root": lambda sr, hr, eps: ((sr - hr).square() + eps**2).mean(),
        "root_of_the_mean": lambda sr, hr, eps: ((sr - hr).square().mean() + eps**2).sqrt(),
        "sum_instead_of_mean": lambda sr, hr, eps: _library(sr, hr, eps) * sr.numel(),
    },
)
