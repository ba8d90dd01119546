"""Exercise 01.2: a change of the large image that leaves the small one as it is."""

from __future__ import annotations

from torch import Tensor

from srkit.exercises._beside import lesson_01
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

__all__ = ["EXERCISE"]


def _means(change: Tensor, scale: int) -> Tensor:
    c, h, w = change.shape
    return change.reshape(c, h // scale, scale, w // scale, scale).mean((2, 4), keepdim=True)


def _reference(change: Tensor, scale: int) -> Tensor:
    c, h, w = change.shape
    blocks = change.reshape(c, h // scale, scale, w // scale, scale)
    return (blocks - _means(change, scale)).reshape(c, h, w)


def _cases(seed: int) -> list[Case]:
    return [
        Case(criterion="invisible", inputs={"change": noise(1, 4, 6, seed=seed + 1), "scale": 2, "reduced": True}),
        Case(criterion="change", inputs={"change": noise(3, 6, 4, seed=seed + 2) - 0.3, "scale": 2, "reduced": False}),
        Case(criterion="scale", inputs={"change": noise(3, 9, 6, seed=seed + 3) - 0.3, "scale": 3, "reduced": False}),
    ]


EXERCISE = Exercise(
    answer="hidden_change",
    number="1.2",
    title="A change that cannot be seen in the small image",
    difficulty=2,
    importance=4,
    minutes=10,
    criteria=(
        Criterion(name="invisible", points=1, text="reduced, the change is zero everywhere"),
        Criterion(name="change", points=2, text="as much of the change as can be hidden is left"),
        Criterion(name="scale", points=1, text="another scale works", hidden=True),
    ),
    cases=_cases,
    perform=lesson_01.hidden_change,
    references=(_reference,),
    tolerance=Tolerance(absolute=2e-6, relative=1e-5, reason="means of nine float32 numbers are right to 1e-7"),
    slips={
        "unchanged": Slip(
            "This is the whole change. Part of it shows in the small image.",
            wrong=lambda change, scale: change,
        ),
        "visible_part": Slip(
            "This is the part that shows in the small image, and you want the other one.",
            wrong=lambda change, scale: change - _reference(change, scale),
        ),
        "one_mean": Slip(
            "You take away one mean for all. Each small pixel has its own square, with its own mean.",
            wrong=lambda change, scale: change - change.mean(),
        ),
        "nothing_left": Slip(
            "A change of nothing is invisible, but that is not what was meant.",
            wrong=lambda change, scale: 0 * change,
        ),
    },
    avoid=(),
    hints=(
        "On paper: one square of 2 x 2 pixels, the change is 4, 0, 0, 0. What does the small pixel notice? What can "
        "you take away so that it notices nothing?",
        "The small pixel is the mean of its square. Compute these means, copy each over its square, subtract.",
        "Begin with means = F.avg_pool2d(change, scale).",
    ),
)
