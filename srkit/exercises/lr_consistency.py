"""Exercise 20.1: does an enlargement still agree with the small image it was made from?"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import Value, lesson_20
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]

Reduce = Callable[[Tensor], Tensor]


def _decibels(error: Tensor) -> float:
    mean = float(error.double().square().mean())
    return math.inf if mean < 1e-13 else -10 * math.log10(mean)


def _levels(image: Tensor) -> Tensor:
    return (255 * image.clamp(0, 1)).round() / 255


def _reference(sr: Tensor, lr: Tensor, reduce: Reduce) -> float:
    return _decibels(_levels(reduce(sr.clamp(0, 1))) - lr)


def _enlarged(sr: Tensor, lr: Tensor, reduce: Reduce) -> float:
    large = F.interpolate(lr[None], size=sr.shape[-2:], mode="nearest")[0]  # (3, H, W)
    return _decibels(_levels(sr) - large)


def _by_channel(sr: Tensor, lr: Tensor, reduce: Reduce) -> float:
    gap = _levels(reduce(sr.clamp(0, 1))) - lr
    return sum(_decibels(channel) for channel in gap) / len(gap)


def _bordered(sr: Tensor, lr: Tensor, reduce: Reduce) -> float:
    return _decibels((_levels(reduce(sr.clamp(0, 1))) - lr)[:, 1:-1, 1:-1])


def _case(criterion: str, seed: int, *, scale: int = 2, strength: float = 0.15, watch: str = "decibels") -> Case:
    lr = noise(3, 6, 7, seed=seed)
    lr = _levels(lr if strength > 0.1 else 0.1 + 0.8 * lr)  # a strong change leaves [0, 1] in places
    large = lr.repeat_interleave(scale, 1).repeat_interleave(scale, 2)  # (3, H, W)
    change = (noise(*large.shape, seed=seed + 1) - 0.5) * torch.tensor([1.0, 0.6, 0.3])[:, None, None]
    change[:, :scale] *= 3
    inputs: dict[str, Value] = {"sr": large + strength * change, "lr": lr, "scale": scale, "watch": watch}
    return Case(criterion=criterion, inputs=inputs)


def _cases(seed: int) -> list[Case]:
    return [
        _case("value", seed + 1),
        _case("levels", seed + 11, strength=0.02),
        _case("agrees", seed + 21, strength=0.0005, watch="infinite"),
        _case("scale", seed + 31, scale=4),
    ]


EXERCISE = define(
    lesson_20.lr_consistency,
    cases=_cases,
    references=(_reference,),
    raises={"sizes_differ": "must match the size|size of tensor"},
    wrong={
        "not_rounded": lambda sr, lr, reduce: _decibels(reduce(sr.clamp(0, 1)) - lr),
        "rounded_before": lambda sr, lr, reduce: _decibels(reduce(_levels(sr)) - lr),
        "not_clamped": lambda sr, lr, reduce: _decibels(_levels(reduce(sr)) - lr),
        "enlarged_instead": _enlarged,
        "mean_of_channels": _by_channel,
        "border_cut": _bordered,
        "peak_of_255": lambda sr, lr, reduce: _reference(sr, lr, reduce) + 20 * math.log10(255),
    },
)
