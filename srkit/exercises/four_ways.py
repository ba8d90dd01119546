"""Exercise 17.5: an image as four sequences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import Tensor

from srkit.exercises._beside import lesson_17
from srkit.exercises._model import Case, define, drawn, noise

__all__ = ["EXERCISE"]

Scan = Callable[[Tensor], Tensor]


def _ways(
    features: Tensor,
    scan: Scan,
    *,
    columns: bool = True,
    back: bool = True,
    undone: bool = True,
    turned: bool = True,
    mean: bool = False,
) -> Tensor:
    c, h, w = features.shape

    def both(sequence: Tensor) -> Tensor:
        """Scan a sequence ``(c, length)`` forwards and backwards; the shape stays."""
        forwards = scan(sequence)
        if not back:
            return forwards
        backwards = scan(sequence.flip(-1))
        return forwards + (backwards.flip(-1) if undone else backwards)

    found = both(features.flatten(1)).view(c, h, w)
    if columns:
        down = both(features.mT.flatten(1))
        found = found + (down.view(c, w, h).mT if turned else down.view(c, h, w))
    return found / 4 if mean else found


def _variant(**changes: Any) -> Callable[..., Tensor]:
    return lambda features, scan: _ways(features, scan, **changes)


def _snake(features: Tensor, scan: Scan) -> Tensor:
    bent = features.clone()
    bent[:, 1::2] = bent[:, 1::2].flip(-1)
    found = _ways(bent, scan)
    found = found.clone()
    found[:, 1::2] = found[:, 1::2].flip(-1)
    return found


def _cases(seed: int) -> list[Case]:
    def case(criterion: str, watch: str, h: int, w: int) -> Case:
        features, rate = 2 * noise(2, h, w, seed=seed + h) - 1, 0.3 + 0.5 * float(noise(1, seed=seed + 1))
        return Case(criterion=criterion, inputs={"features": features, "rate": rate, "watch": watch})

    return [
        case("count", "count", 3, 3),
        case("row", "image", 1, drawn(4, 6, seed=seed + 2)),
        case("image", "image", 3, 4),
        case("sums", "ways", 5, 2),
    ]


EXERCISE = define(
    lesson_17.four_ways,
    cases=_cases,
    references=(_ways,),
    wrong={
        "rows_only": _variant(columns=False),
        "forwards_only": _variant(back=False),
        "not_turned_back": _variant(undone=False),
        "columns_laid_in_rows": _variant(turned=False),
        "mean": _variant(mean=True),
        "like_a_snake": _snake,
    },
)
