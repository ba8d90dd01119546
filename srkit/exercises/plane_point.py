"""Exercise 20.2: distortion and perception of answers, as one point of a plane."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import Value, lesson_20
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]


def _root(gap: Tensor) -> float:
    return float(gap.square().mean().sqrt())


def _sorted(values: Tensor) -> Tensor:
    return values.sort().values


def _reference(truths: Tensor, answers: Tensor) -> tuple[float, float]:
    return _root(answers - truths), _root(_sorted(answers) - _sorted(truths))


def _moments(truths: Tensor, answers: Tensor) -> tuple[float, float]:
    return _root(answers - truths), abs(float(answers.mean() - truths.mean()))


def _first_order(truths: Tensor, answers: Tensor) -> tuple[float, float]:
    return _root(answers - truths), float((_sorted(answers) - _sorted(truths)).abs().mean())


def _case(criterion: str, watch: str, seed: int, n: int = 40, *, sample: bool = False) -> Case:
    truths = noise(n, seed=seed) ** 2 - 0.2
    fresh = noise(n, seed=seed + 1)
    turn = torch.argsort(noise(n, seed=seed + 2))
    answers = truths[turn] if sample else 0.5 * truths + 0.3 * fresh
    inputs: dict[str, Value] = {"truths": truths, "answers": answers, "watch": watch}
    return Case(criterion=criterion, inputs=inputs)


def _cases(seed: int) -> list[Case]:
    return [
        _case("distortion", "distortion", seed + 1),
        _case("perception", "perception", seed + 11),
        _case("sample", "both", seed + 21, sample=True),
        _case("many", "both", seed + 31, n=301),
    ]


EXERCISE = define(
    lesson_20.plane_point,
    cases=_cases,
    references=(_reference,),
    wrong={
        "not_sorted": lambda truths, answers: (_root(answers - truths), _root(answers - truths)),
        "sorted_both_times": lambda truths, answers: (_root(_sorted(answers) - _sorted(truths)),) * 2,
        "one_sorted": lambda truths, answers: (_root(answers - truths), _root(_sorted(answers) - truths)),
        "only_the_means": _moments,
        "absolute": _first_order,
        "no_root": lambda truths, answers: tuple(value**2 for value in _reference(truths, answers)),
        "turned": lambda truths, answers: _reference(truths, answers)[::-1],
    },
)
