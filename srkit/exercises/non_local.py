"""Exercise 07.4: every place looks at every other."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import Value, lesson_07
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]


def _scores(query: Tensor, key: Tensor) -> Tensor:
    return torch.einsum("bcyx,bcvu->byxvu", query, key).flatten(3)  # (b, h, w, h*w)


def _mixed(shares: Tensor, value: Tensor) -> Tensor:
    return torch.einsum("byxn,bcn->bcyx", shares, value.flatten(2))


def _by_sums(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    powers = (_scores(query, key) - _scores(query, key).amax(-1, keepdim=True)).exp()
    return _mixed(powers / powers.sum(-1, keepdim=True), value)


def _query_axis(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    scores = _scores(query, key)
    return _mixed(scores.flatten(1, 2).softmax(1).view_as(scores), value)


def _inputs(seed: int, b: int, d: int, e: int, h: int, w: int, strength: float) -> dict[str, Value]:
    return {
        "query": strength * (noise(b, d, h, w, seed=seed) - 0.5),
        "key": 2 * noise(b, d, h, w, seed=seed + 1) - 1,
        "value": noise(b, e, h, w, seed=seed + 2),
    }


def _cases(seed: int) -> list[Case]:
    return [
        Case(criterion="undecided", inputs=_inputs(seed, 1, 4, 3, 3, 4, 0.0)),
        Case(criterion="places", inputs=_inputs(seed + 10, 1, 4, 4, 4, 4, 4.0)),
        Case(criterion="places", inputs=_inputs(seed + 20, 1, 8, 8, 3, 5, 3.0)),
        Case(criterion="batch", inputs=_inputs(seed + 30, 2, 4, 6, 5, 3, 4.0)),
    ]


EXERCISE = define(
    lesson_07.non_local,
    cases=_cases,
    references=(_by_sums,),
    wrong={
        "query_axis": _query_axis,
        "scaled": lambda query, key, value: _by_sums(query / query.shape[1] ** 0.5, key, value),
        "no_softmax": lambda query, key, value: _mixed(_scores(query, key), value),
        "reshaped": lambda query, key, value: _by_sums(query, key, value).flatten(2).mT.reshape(value.shape),
        "skip": lambda query, key, value: value + _by_sums(query, key, value),
    },
)
