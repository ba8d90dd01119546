"""Exercise 07.4: every place looks at every other."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import Value, lesson_07
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

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


EXERCISE = Exercise(
    answer="non_local",
    number="7.4",
    title="Every place looks at every other",
    difficulty=3,
    importance=5,
    minutes=15,
    criteria=(
        Criterion(name="undecided", points=1, text="where nothing is asked, every place finds the mean"),
        Criterion(name="places", points=2, text="each place finds a mean weighted by likeness"),
        Criterion(name="batch", points=1, text="several images, and values of other channels", hidden=True),
    ),
    cases=_cases,
    perform=lesson_07.non_local,
    references=(_by_sums,),
    tolerance=Tolerance(absolute=1e-5, relative=1e-4, reason="a softmax over 16 places in float32 is right to 1e-6"),
    slips={
        "query_axis": Slip(
            "Your shares add up to one over the places that ask. They should add up to one over the places that are "
            "asked.",
            wrong=_query_axis,
        ),
        "scaled": Slip(
            "You divide the likeness by the root of the channels, as transformers do. Here it is not.",
            wrong=lambda query, key, value: _by_sums(query / query.shape[1] ** 0.5, key, value),
        ),
        "no_softmax": Slip(
            "You weigh by the likeness itself. It can be negative, and does not add up to one.",
            wrong=lambda query, key, value: _mixed(_scores(query, key), value),
        ),
        "reshaped": Slip(
            "Places and channels are confused in the result: before you fold the rows of places into an image, the "
            "channels must come first.",
            wrong=lambda query, key, value: _by_sums(query, key, value).flatten(2).mT.reshape(value.shape),
        ),
        "skip": Slip(
            "You add what was there. The skip belongs to the block around this.",
            wrong=lambda query, key, value: value + _by_sums(query, key, value),
        ),
    },
    avoid=("scaled_dot_product_attention", "MultiheadAttention"),
    hints=(
        "Think of h*w places in a row. How large is the table that says how much each place takes from each other?",
        "Flatten the pixels: the likeness of all pairs is one product of matrices, (b, n, n), with the askers in the "
        "rows. A softmax over the last axis makes shares of it, and another product takes the weighted means.",
        "Begin with q, k, v = (maps.flatten(2) for maps in (query, key, value)), each (b, channels, n).",
    ),
    hides=("srkit.models.rnan:find_everywhere",),
)
