"""Exercise 17.4: all states of a scan in a few steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import Inputs, Outputs, lesson_17
from srkit.exercises._model import Case, define, drawn, noise

__all__ = ["EXERCISE"]


def _before(values: Tensor, distance: int, filled: float) -> Tensor:
    return F.pad(values, (distance, 0), value=filled)[..., : values.shape[-1]]


def _states(
    kept: Tensor,
    added: Tensor,
    *,
    old: bool = False,
    growing: bool = True,
    times: int | None = None,
    renewed: bool = True,
) -> Tensor:
    length, distance, done = kept.shape[-1], 1, 0
    while distance < length and (times is None or done < times):
        earlier = _before(kept, distance, 1.0)
        if old:  # the product is renewed before it is used
            kept = kept * earlier
        added = added + kept * _before(added, distance, 0.0)
        if not old and renewed:
            kept = kept * earlier
        distance, done = 2 * distance if growing else distance + 1, done + 1
    return added


def _one_by_one(kept: Tensor, added: Tensor) -> Tensor:
    state, states = torch.zeros_like(added[..., 0]), []
    for keeps, adds in zip(kept.unbind(-1), added.unbind(-1), strict=True):
        state = keeps * state + adds
        states.append(state)
    return torch.stack(states, dim=-1)


def _infinite(inputs: Inputs, outputs: Outputs, expected: Outputs) -> bool:
    states = outputs.get("states")
    return isinstance(states, Tensor) and not bool(states.isfinite().all())


def _variant(**changes: Any) -> Callable[..., Tensor]:
    return lambda kept, added: _states(kept, added, **changes)


def _cases(seed: int) -> list[Case]:
    def case(criterion: str, length: int, *, watch: str = "states", most: float = 0.95, shape: int = 2) -> Case:
        kept, added = most * noise(shape, length, seed=seed + length), 2 * noise(shape, length, seed=seed + 1) - 1
        return Case(criterion=criterion, inputs={"kept": kept, "added": added, "watch": watch})

    return [
        case("two", 2),
        case("eight", 8),
        case("any", drawn(5, 7, seed=seed + 2)),
        case("few", 300, watch="calls", shape=1),
        case("strong", 40, most=1e-3, shape=1),
    ]


EXERCISE = define(
    lesson_17.doubling_scan,
    cases=_cases,
    references=(_states,),
    signs={"by_dividing": _infinite},
    wrong={
        "one_by_one": _one_by_one,
        "kept_renewed_first": _variant(old=True),
        "distance_grows_by_one": _variant(growing=False),
        "once_only": _variant(times=1),
        "kept_never_renewed": _variant(renewed=False),
    },
)
