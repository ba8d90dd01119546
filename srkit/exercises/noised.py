"""Exercise 19.1: many steps of noise at once."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_19
from srkit.exercises._model import Case, define, drawn, evenly, noise

__all__ = ["EXERCISE"]


def _of_signal(signal: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]) -> Callable[..., Tensor]:
    """Return an answer from what it takes for the weights of image and noise, of all betas and the times (b,)."""

    def answer(clean: Tensor, betas: Tensor, t: Tensor, noise: Tensor) -> Tensor:
        image, grain = (weight.view(-1, *[1] * (clean.ndim - 1)) for weight in signal(betas, t))  # (b, 1, ...)
        return image * clean + grain * noise

    return answer


def _left(betas: Tensor, t: Tensor) -> Tensor:
    return (1 - betas).cumprod(0)[t - 1]


_reference = _of_signal(lambda betas, t: (_left(betas, t).sqrt(), (1 - _left(betas, t)).sqrt()))


def _cases(seed: int) -> list[Case]:
    betas = evenly(0.02, 0.3, drawn(7, 9, seed=seed + 1))

    def case(criterion: str, t: list[int], *shape: int) -> Case:
        clean, grain = 2 * noise(2, len(t), *shape, seed=seed + 2) - 1
        return Case(criterion=criterion, inputs={"clean": clean, "betas": betas, "t": torch.tensor(t), "noise": grain})

    return [
        case("one", [1], 3),
        case("several", [drawn(3, 6, seed=seed + 3)], 3),
        case("batch", [7, 2, 4], 2),
        case("images", [3, 5], 1, 2, 3),
    ]


EXERCISE = define(
    lesson_19.noised,
    cases=_cases,
    references=(_reference,),
    wrong={
        "one_step_only": _of_signal(lambda betas, t: ((1 - betas[t - 1]).sqrt(), betas[t - 1].sqrt())),
        "no_roots": _of_signal(lambda betas, t: (_left(betas, t), 1 - _left(betas, t))),
        "noise_on_top": _of_signal(lambda betas, t: (torch.ones(len(t)), (1 - _left(betas, t)).sqrt())),
        "exchanged": _of_signal(lambda betas, t: ((1 - _left(betas, t)).sqrt(), _left(betas, t).sqrt())),
        "sum_of_betas": _of_signal(
            lambda betas, t: ((1 - betas.cumsum(0)[t - 1]).abs().sqrt(), betas.cumsum(0)[t - 1].sqrt())
        ),
        "one_step_too_far": _of_signal(
            lambda betas, t: (
                (1 - betas).cumprod(0)[t.clamp(max=len(betas) - 1)].sqrt(),
                (1 - (1 - betas).cumprod(0)[t.clamp(max=len(betas) - 1)]).sqrt(),
            )
        ),
    },
)
