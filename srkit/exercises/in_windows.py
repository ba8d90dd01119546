"""Exercise 07.5: cut features into windows that may be shifted, and put them together again."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from srkit.exercises._beside import lesson_07
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise
from srkit.layers import partition
from srkit.layers.windows import assemble

__all__ = ["EXERCISE"]

Change = Callable[[Tensor], Tensor]

"""What a case does to windows (b, n, window * window, c): the second and third tell the order of pixels and windows."""


def _library(f: Change, features: Tensor, window: int, shift: int) -> Tensor:
    moved = features.roll((-shift, -shift), (1, 2))
    return assemble(f(partition(moved, window)), *features.shape[1:3]).roll((shift, shift), (1, 2))


def _not_back(f: Change, features: Tensor, window: int, shift: int) -> Tensor:
    return _library(f, features, window, shift).roll((-shift, -shift), (1, 2))


def _strips(f: Change, features: Tensor, window: int, shift: int) -> Tensor:
    b, _, _, c = features.shape
    moved = features.roll((-shift, -shift), (1, 2))
    return f(moved.reshape(b, -1, window * window, c)).reshape(features.shape).roll((shift, shift), (1, 2))


def _transposed(f: Change, features: Tensor, window: int, shift: int) -> Tensor:
    return _library(f, features.transpose(1, 2), window, shift).transpose(1, 2)


def _cases(seed: int) -> list[Case]:
    def case(criterion: str, change: str, window: int, shift: int, b: int, h: int, w: int) -> Case:
        features = noise(b, h, w, 2, seed=seed + 10 * h + w)
        return Case(
            criterion=criterion, inputs={"features": features, "window": window, "shift": shift, "change": change}
        )

    return [
        case("cut", "centre", 2, 0, 1, 4, 6),
        case("cut", "centre", 3, 0, 1, 6, 6),
        case("order", "sum_inside", 3, 0, 1, 3, 6),
        case("shift", "centre", 3, 1, 1, 6, 9),
        case("shift", "centre", 4, 1, 1, 8, 8),
        case("windows", "sum_over", 2, 0, 2, 6, 4),
    ]


EXERCISE = Exercise(
    answer="in_windows",
    number="7.5",
    title="Cut into windows, shifted or not, and put together again",
    difficulty=3,
    importance=4,
    minutes=15,
    criteria=(
        Criterion(name="cut", points=1, text="squares are cut out, changed and put back"),
        Criterion(name="order", points=1, text="the pixels of a window come row by row"),
        Criterion(name="shift", points=2, text="the windows are shifted, and the image is shifted back"),
        Criterion(name="windows", points=1, text="several images; the windows come row by row", hidden=True),
    ),
    cases=_cases,
    perform=lesson_07.in_windows,
    references=(_library,),
    tolerance=Tolerance(
        absolute=1e-5, relative=1e-5, reason="means and sums over at most 16 numbers in float32 are right to 1e-6"
    ),
    slips={
        "strips": Slip(
            "You cut strips, not squares: a reshape takes the pixels as they lie, row after row.",
            wrong=_strips,
        ),
        "shift_ignored": Slip(
            "Your windows never move.",
            wrong=lambda f, features, window, shift: _library(f, features, window, 0),
        ),
        "not_shifted_back": Slip("The windows are right, and the image comes back moved.", wrong=_not_back),
        "other_way": Slip(
            "You shift the other way. The windows begin shift pixels further down and to the right, so the image moves "
            "up and to the left.",
            wrong=lambda f, features, window, shift: _library(f, features, window, -shift),
        ),
        "columns_first": Slip("You go column by column where it should be row by row.", wrong=_transposed),
    },
    avoid=(),
    hints=(
        "Number the pixels of a 4x4 image and write down the four windows of 2x2. Which axes does an index have?",
        "View h as (rows of windows, window) and w likewise: six axes. Bring the two axes that count windows side by "
        "side, then flatten. The way back is the same, backwards. torch.roll shifts.",
        "Begin with moved = features.roll((-shift, -shift), dims=(1, 2)), and view it as (b, h // window, window, w // "
        "window, window, c).",
    ),
    hides=("srkit.layers.windows:partition", "srkit.layers.windows:assemble"),
)
