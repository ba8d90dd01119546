"""Exercise 03.5: the up-projection unit of deep back-projection networks."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

from torch import Tensor

from srkit.exercises._beside import Value, lesson_03
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise
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


EXERCISE = Exercise(
    answer="up_projection",
    number="3.5",
    title="An up-projection unit",
    difficulty=2,
    importance=3,
    minutes=10,
    criteria=(
        Criterion(name="perfect", points=1, text="where nothing is lost on the way there is nothing to correct"),
        Criterion(name="linear", points=2, text="with any linear layers the result is right"),
        Criterion(name="scale", points=1, text="with activations and another scale, too", hidden=True),
    ),
    cases=_cases,
    perform=lesson_03.up_projection,
    references=(_library,),
    tolerance=Tolerance(
        absolute=1e-4, relative=1e-4, reason="values of the size of 10, float32 sums in another order: 1e-5"
    ),
    slips={
        "other_sign": Slip(
            "Your error has the opposite sign: in DBPN it is what came back minus what was sent.",
            wrong=lambda small, there, back, again: there(small) + again(small - back(there(small))),
        ),
        "correction_alone": Slip(
            "You return the correction. It has to be added to what it corrects.",
            wrong=lambda small, there, back, again: again(back(there(small)) - small),
        ),
        "nothing_taken_away": Slip(
            "You enlarge all that came back. What belongs there is the difference to what was sent.",
            wrong=lambda small, there, back, again: there(small) + again(back(there(small))),
        ),
        "same_layer": Slip(
            "The error is enlarged by a layer of its own, again, not by the first one.",
            wrong=lambda small, there, back, again: there(small) + there(back(there(small)) - small),
        ),
        "two_sizes": Slip(
            "You add or subtract large and small features. Which sizes do there, back and again give?",
            raises="must match the size",
        ),
    },
    avoid=(),
    hints=(
        "Send a parcel and have it sent back. What do you compare with what?",
        "Four things in a row: the large features, what comes back of them, the error, the correction. Two of them are "
        "large.",
        "Begin with large = there(small).",
    ),
    hides=("srkit.models.dbpn:Projection",),
)
