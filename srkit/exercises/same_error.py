"""Exercise 20.3: change an image along a sphere of equal error, so that another measure rises."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from srkit.exercises._beside import Value, lesson_20
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]

Measure = Callable[[Tensor], Tensor]


def _reference(
    truth: Tensor,
    start: Tensor,
    measure: Measure,
    steps: int,
    step: float,
    *,
    tangent: bool = True,
    length: bool = True,
    again: bool = True,
    relative: bool = True,
) -> Tensor:
    error = start - truth
    radius = error.norm()
    for _ in range(steps):
        image = (truth + error if again else start).detach().requires_grad_()
        (gradient,) = torch.autograd.grad(measure(image), image)
        if tangent:
            gradient = gradient - (gradient * error).sum() / error.square().sum() * error
        error = error + step * (radius if relative else 1) * gradient / gradient.norm()
        error = error * radius / error.norm() if length else error
    return truth + error


def _downhill(truth: Tensor, start: Tensor, measure: Measure, steps: int, step: float) -> Tensor:
    return _reference(truth, start, measure, steps, -step)


def _case(criterion: str, seed: int, *, steps: int, step: float = 0.4, watch: str = "image", size: int = 8) -> Case:
    truth = 0.2 + 0.6 * noise(3, size, size + 2, seed=seed)
    inputs: dict[str, Value] = {
        "truth": truth,
        "start": truth + 0.3 * (noise(*truth.shape, seed=seed + 1) - 0.4),
        "kernel": noise(4, 3, 3, 3, seed=seed + 2) - 0.5,
        "steps": steps,
        "step": step,
        "watch": watch,
    }
    return Case(criterion=criterion, inputs=inputs)


def _cases(seed: int) -> list[Case]:
    return [
        _case("error", seed + 1, steps=3, watch="error"),
        _case("one", seed + 11, steps=1),
        _case("several", seed + 21, steps=4),
        _case("downwards", seed + 31, steps=3, step=-0.3, size=11),
    ]


EXERCISE = define(
    lesson_20.same_error,
    cases=_cases,
    references=(_reference,),
    raises={"no_gradient": "does not require grad|does not have a grad_fn|'NoneType' object"},
    wrong={
        "downhill": _downhill,
        "not_along_the_sphere": lambda *given: _reference(*given, tangent=False),
        "error_grows": lambda *given: _reference(*given, length=False),
        "same_gradient": lambda *given: _reference(*given, again=False),
        "absolute_step": lambda *given: _reference(*given, relative=False),
        "unchanged": lambda truth, start, measure, steps, step: start,
    },
)
