"""Exercise 17.3: a state that walks along a sequence and chooses what it keeps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_17
from srkit.exercises._model import Case, define, drawn, noise

__all__ = ["EXERCISE"]


def _scan(
    values: Tensor,
    steps: Tensor,
    decay: Tensor,
    enter: Tensor,
    leave: Tensor,
    *,
    stepped: bool = True,
    fixed: bool = False,
    early: bool = False,
    rated: bool = True,
    remembers: bool = True,
) -> Tensor:
    state, said = torch.zeros_like(decay), []
    for t in range(values.shape[1]):
        step, value, entering, leaving = (
            steps[:, t, None],
            values[:, t, None],
            enter[:, t],
            leave[:, t],
        )  # (c, 1) or (n,)
        if early:
            said.append((state * leaving).sum(-1))
        kept = torch.exp((steps[:, :1] if fixed else step) * decay) if rated else torch.exp(decay).expand_as(state)
        state = (kept * state if remembers else 0 * state) + (step if stepped else 1.0) * entering * value  # (c, n)
        if not early:
            said.append((state * leaving).sum(-1))
    return torch.stack(said, dim=1)  # (c, length)


def _variant(**changes: Any) -> Callable[..., Tensor]:
    return lambda *given: _scan(*given, **changes)


def _cases(seed: int) -> list[Case]:
    def case(criterion: str, length: int, *, channels: int = 2, states: int = 3, sums: bool = False) -> Case:
        values, steps = 2 * noise(channels, length, seed=seed + 1) - 1, noise(channels, length, seed=seed + 2) + 0.2
        enter, leave = 2 * noise(2, states, length, seed=seed + 3) - 1
        decay = -3 * noise(channels, states, seed=seed + 4) - 0.1
        if sums:
            steps, decay, enter, leave = (
                torch.ones_like(steps),
                0 * decay,
                torch.ones_like(enter),
                torch.ones_like(leave),
            )
        inputs = {"values": values, "steps": steps, "decay": decay, "enter": enter, "leave": leave}
        return Case(criterion=criterion, inputs=inputs)

    return [
        case("sum", 5, states=1, sums=True),
        case("one", 1),
        case("scan", drawn(5, 7, seed=seed + 5)),
        case("many", 9, channels=4, states=2),
    ]


EXERCISE = define(
    lesson_17.selective_scan,
    cases=_cases,
    references=(_scan,),
    wrong={
        "step_forgotten_on_entering": _variant(stepped=False),
        "decay_without_the_step": _variant(rated=False),
        "same_step_for_all": _variant(fixed=True),
        "says_before_it_sees": _variant(early=True),
        "nothing_remembered": _variant(remembers=False),
        "enter_and_leave_exchanged": lambda values, steps, decay, enter, leave: _scan(
            values, steps, decay, leave, enter
        ),
    },
)
