"""Exercise 11.5: the total variation of an image, written by hand.

Two normalisations are accepted, the mean over the (h-1)(w-1) places where both differences exist and the division by
h*w that the lecture's slide prints: they differ by a constant factor that training does not notice.
"""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_11
from srkit.exercises._model import Case, Tolerance, define, noise
from srkit.exercises._signs import infinite_slope
from srkit.losses import tv

__all__ = ["EXERCISE"]

_FLOOR = Tolerance(
    absolute=2e-3,
    relative=0.0,
    reason="the small number under the root may be up to 1e-6, which leaves 1e-3 on a flat image",
)


def _slide(sr: Tensor) -> Tensor:
    return tv(sr, normalisation="size")


def _cases(seed: int) -> list[Case]:
    impulse = torch.zeros(1, 1, 4, 4)
    impulse[..., 1, 1] = 1.0
    level = 0.1 + 0.8 * float(noise(1, seed=seed + 17))
    batch = noise(2, 3, 5, 6, seed=seed + 11) * torch.tensor([1.0, 0.5]).reshape(2, 1, 1, 1)
    return [
        Case(criterion="value", inputs={"sr": noise(1, 1, 7, 5, seed=seed), "watch": "value"}),
        Case(criterion="value", inputs={"sr": impulse, "watch": "value"}),
        Case(criterion="gradient", inputs={"sr": noise(1, 2, 5, 6, seed=seed + 5), "watch": "gradient"}),
        Case(criterion="flat", inputs={"sr": torch.full((1, 3, 6, 6), level), "watch": "both"}, tolerance=_FLOOR),
        Case(criterion="batch", inputs={"sr": batch, "watch": "value"}),
    ]


def _lengths(sr: Tensor) -> Tensor:
    dx, dy = _steps(sr)
    return (dx.square() + dy.square() + 1e-12).sqrt()


def _steps(sr: Tensor) -> tuple[Tensor, Tensor]:
    corner = sr[..., :-1, :-1]
    return corner - sr[..., :-1, 1:], corner - sr[..., 1:, :-1]


def _wrapped(sr: Tensor) -> Tensor:
    squares = (sr - sr.roll(-1, -1)).square() + (sr - sr.roll(-1, -2)).square()
    return (squares + 1e-12).sqrt().mean()


EXERCISE = define(
    lesson_11.tv_loss,
    cases=_cases,
    references=(tv, _slide),
    raises={"shapes_do_not_fit": "must match the size"},
    signs={"infinite_slope": infinite_slope},
    wrong={
        "sum_instead_of_mean": lambda sr: _lengths(sr).sum(),
        "means_of_absolute_differences": lambda sr: sr.diff(dim=-1).abs().mean() + sr.diff(dim=-2).abs().mean(),
        "absolute_differences": lambda sr: (_steps(sr)[0].abs() + _steps(sr)[1].abs()).mean(),
        "no_root": lambda sr: _lengths(sr).square().mean(),
        "root_of_the_mean": lambda sr: _lengths(sr).square().mean().sqrt(),
        "wraps_around": _wrapped,
        "batch_summed": lambda sr: _lengths(sr).mean() * sr.shape[0],
        "channels_summed": lambda sr: _lengths(sr).mean() * sr.shape[1],
    },
)
