"""Exercise 19.2: one step back, if the clean image were known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_19
from srkit.exercises._model import Case, define, drawn, evenly, noise

__all__ = ["EXERCISE"]


def _posterior(
    noisy: Tensor,
    clean: Tensor,
    betas: Tensor,
    t: int,
    *,
    exchanged: bool = False,
    rooted: bool = True,
    late: int = 0,
    of_beta: bool = False,
    deviation: bool = False,
) -> tuple[Tensor, float]:
    left = torch.cat([torch.ones(1).to(betas), (1 - betas).cumprod(0)])
    beta, now, before = betas[t - 1], left[t], left[t - 1 + late]
    of_clean, of_noisy = before**0.5 * beta / (1 - now), (1 - beta) ** 0.5 * (1 - before) / (1 - now)
    if not rooted:
        of_clean, of_noisy = before * beta / (1 - now), (1 - beta) * (1 - before) / (1 - now)
    if exchanged:
        of_clean, of_noisy = of_noisy, of_clean
    variance = float(beta if of_beta else beta * (1 - before) / (1 - now))
    return of_clean * clean + of_noisy * noisy, variance**0.5 if deviation else variance


def _variant(**changes: Any) -> Callable[..., tuple[Tensor, float]]:
    return lambda noisy, clean, betas, t: _posterior(noisy, clean, betas, t, **changes)


def _cases(seed: int) -> list[Case]:
    betas = evenly(0.02, 0.3, drawn(7, 9, seed=seed + 1))

    def case(criterion: str, watch: str, t: int) -> Case:
        clean, noisy = 2 * noise(2, 2, 3, seed=seed + t) - 1
        inputs = {"noisy": noisy, "clean": clean, "betas": betas, "t": t, "watch": watch}
        return Case(criterion=criterion, inputs=inputs)

    middle = drawn(3, 6, seed=seed + 2)
    return [
        case("first", "both", 1),
        case("mean", "mean", middle),
        case("variance", "variance", middle),
        case("last", "both", 7),
    ]


EXERCISE = define(
    lesson_19.posterior,
    cases=_cases,
    references=(_posterior,),
    wrong={
        "exchanged": _variant(exchanged=True),
        "no_roots": _variant(rooted=False),
        "same_step_twice": _variant(late=1),
        "beta_for_variance": _variant(of_beta=True),
        "deviation": _variant(deviation=True),
    },
)
