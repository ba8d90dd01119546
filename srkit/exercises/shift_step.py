"""Exercise 19.4: one step from the enlarged image towards the clean one."""

from __future__ import annotations

from math import sqrt

from torch import Tensor

from srkit.exercises._beside import lesson_19
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]


def _reference(x: Tensor, guess: Tensor, before: float, now: float, kappa: float, noise: Tensor) -> Tensor:
    ratio = before / now
    return ratio * x + (1 - ratio) * guess + kappa * sqrt(ratio * (now - before)) * noise


def _variance_as_deviation(x: Tensor, guess: Tensor, before: float, now: float, kappa: float, noise: Tensor) -> Tensor:
    return _reference(x, guess, before, now, kappa, 0 * noise) + kappa**2 * before / now * (now - before) * noise


def _as_on_the_way_out(x: Tensor, guess: Tensor, before: float, now: float, kappa: float, noise: Tensor) -> Tensor:
    return _reference(x, guess, before, now, kappa, 0 * noise) + kappa * sqrt(now - before) * noise


def _afresh(x: Tensor, guess: Tensor, before: float, now: float, kappa: float, noise: Tensor) -> Tensor:
    return _reference(x, guess, before, now, kappa, 0 * noise) + kappa * sqrt(before) * noise


def _cases(seed: int) -> list[Case]:
    def case(criterion: str, *, before: float, still: bool = False) -> Case:
        x, guess, grain = 2 * noise(3, 2, 4, seed=seed + 1) - 1
        now, kappa = 0.5 + 0.4 * float(noise(1, seed=seed + 2)), 1.5 + float(noise(1, seed=seed + 3))
        inputs = {"x": x, "guess": guess, "before": before, "now": now, "kappa": kappa}
        return Case(criterion=criterion, inputs={**inputs, "noise": 0 * grain if still else grain})

    middle = 0.1 + 0.3 * float(noise(1, seed=seed + 4))
    return [
        case("mean", before=middle, still=True),
        case("step", before=middle),
        case("end", before=0.0),
        case("small", before=middle / 8),
    ]


EXERCISE = define(
    lesson_19.shift_step,
    cases=_cases,
    references=(_reference,),
    wrong={
        "exchanged": lambda x, guess, before, now, kappa, noise: _reference(guess, x, before, now, kappa, noise),
        "no_kappa": lambda x, guess, before, now, kappa, noise: _reference(x, guess, before, now, 1.0, noise),
        "no_noise": lambda x, guess, before, now, kappa, noise: _reference(x, guess, before, now, 0.0, noise),
        "variance_as_deviation": _variance_as_deviation,
        "as_on_the_way_out": _as_on_the_way_out,
        "afresh": _afresh,
    },
)
