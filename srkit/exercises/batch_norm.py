"""Exercise 10.1: batch normalisation in training, with its running statistics (Ioffe, Szegedy, ICML 2015)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import lesson_10
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]

Three = tuple[Tensor, Tensor, Tensor]
_PLACES = (0, 2, 3)


def _written(
    x: Tensor, mean: Tensor, variance: Tensor, momentum: float, *, unbiased: bool = True, keep: bool = False
) -> Three:
    now = x.mean(_PLACES)
    spread = x.var(_PLACES, unbiased=False)
    seen = x.var(_PLACES, unbiased=unbiased)
    old, new = (momentum, 1 - momentum) if keep else (1 - momentum, momentum)
    normalised = (x - now[:, None, None]) / (spread[:, None, None] + 1e-5).sqrt()
    return normalised, old * mean + new * now, old * variance + new * seen


def _by_running(x: Tensor, mean: Tensor, variance: Tensor, momentum: float) -> Three:
    _, new_mean, new_variance = _written(x, mean, variance, momentum)
    return F.batch_norm(x, mean, variance), new_mean, new_variance


def _undivided(x: Tensor, mean: Tensor, variance: Tensor, momentum: float) -> Three:
    centred = x - x.mean(_PLACES, keepdim=True)
    return centred / (x.var(_PLACES, unbiased=False, keepdim=True) + 1e-5), *_written(x, mean, variance, momentum)[1:]


def _cases(seed: int) -> list[Case]:
    contrast = torch.tensor([1.0, 0.2]).reshape(2, 1, 1, 1)
    x = contrast * noise(2, 3, 3, 4, seed=seed) + 0.3 * noise(2, 1, 1, 1, seed=seed + 1)
    kept = {"mean": noise(3, seed=seed + 2), "variance": 1 + noise(3, seed=seed + 3)}
    return [
        Case(criterion="normalised", inputs={"x": x, **kept, "momentum": 0.1, "watch": ["normalised"]}),
        Case(criterion="mean", inputs={"x": x, **kept, "momentum": 0.1, "watch": ["mean"]}),
        Case(criterion="variance", inputs={"x": x, **kept, "momentum": 0.25, "watch": ["variance"]}),
    ]


EXERCISE = define(
    lesson_10.batch_norm,
    cases=_cases,
    references=(_written,),
    wrong={
        "each_image_alone": lambda x, mean, variance, momentum: (
            F.instance_norm(x),
            *_written(x, mean, variance, momentum)[1:],
        ),
        "running_statistics_used": _by_running,
        "divided_by_the_variance": _undivided,
        "momentum_exchanged": lambda x, mean, variance, momentum: _written(x, mean, variance, momentum, keep=True),
        "biased_memory": lambda x, mean, variance, momentum: _written(x, mean, variance, momentum, unbiased=False),
        "statistics_replaced": lambda x, mean, variance, momentum: _written(x, mean, variance, 1.0),
    },
)
