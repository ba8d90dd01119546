"""Exercise 03.5: the up-projection unit of deep back-projection networks."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

from torch import Tensor

from srkit.exercises._beside import Value, lesson_03
from srkit.exercises._model import Case, define, noise
from srkit.models.dbpn import Projection

__all__ = ["EXERCISE"]

Layer = Callable[[Tensor], Tensor]


def _library(small: Tensor, there: Layer, back: Layer, again: Layer) -> Tensor:
    unit = cast("Projection", SimpleNamespace(reduce=None, there=there, back=back, again=again))
    return Projection.forward(unit, small)


def _inputs(seed: int, *, scale: int = 2, active: bool = True) -> dict[str, Value]:
    return {
        "small": noise(1, 3, 5, 6, seed=seed) - 0.3,
        "there": noise(3, 3, scale + 4, scale + 4, seed=seed + 1) - 0.5,
        "back": noise(3, 3, scale + 4, scale + 4, seed=seed + 2) - 0.5,
        "again": noise(3, 3, scale + 4, scale + 4, seed=seed + 3) - 0.5,
        "scale": scale,
        "slope": 0.25 if active else 1.0,
    }


def _perfect(seed: int) -> dict[str, Value]:
    """Return layers with which nothing is lost on the way: enlarging copies pixels, reducing takes their mean."""
    found = _inputs(seed, active=False)
    for name, value in (("there", 1.0), ("back", 0.25)):
        kernel = noise(3, 3, 6, 6, seed=seed) * 0
        kernel[range(3), range(3), 2:4, 2:4] = value
        found[name] = kernel
    return found


def _cases(seed: int) -> list[Case]:
    return [
        Case(criterion="perfect", inputs=_perfect(seed + 1)),
        Case(criterion="linear", inputs=_inputs(seed + 11, active=False)),
        Case(criterion="scale", inputs=_inputs(seed + 21, scale=4)),
    ]


EXERCISE = define(
    lesson_03.up_projection,
    cases=_cases,
    references=(_library,),
    raises={"two_sizes": "must match the size"},
    wrong={
        "other_sign": lambda small, there, back, again: there(small) + again(small - back(there(small))),
        "correction_alone": lambda small, there, back, again: again(back(there(small)) - small),
        "nothing_taken_away": lambda small, there, back, again: there(small) + again(back(there(small))),
        "same_layer": lambda small, there, back, again: there(small) + there(back(there(small)) - small),
    },
)
