"""Exercise 16.3: a 3x3 convolution, a 1x1 convolution and a skip, folded into one 3x3 convolution."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import lesson_16
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]

Layer = tuple[Tensor, Tensor]


def _reference(three: Tensor, three_bias: Tensor, one: Tensor, one_bias: Tensor) -> Layer:
    skip = torch.eye(len(one), dtype=one.dtype)[:, :, None, None]  # (c, c, 1, 1)
    return three + F.pad(one + skip, (1, 1, 1, 1)), three_bias + one_bias


def _skip_everywhere(three: Tensor, three_bias: Tensor, one: Tensor, one_bias: Tensor) -> Layer:
    return three + F.pad(one + 1, (1, 1, 1, 1)), three_bias + one_bias


def _in_the_corner(three: Tensor, three_bias: Tensor, one: Tensor, one_bias: Tensor) -> Layer:
    skip = torch.eye(len(one), dtype=one.dtype)[:, :, None, None]
    return three + F.pad(one + skip, (0, 2, 0, 2)), three_bias + one_bias


def _case(criterion: str, watch: str, channels: int, seed: int, *, silent: bool = False) -> Case:
    three, one = noise(channels, channels, 3, 3, seed=seed) - 0.5, noise(channels, channels, 1, 1, seed=seed + 1) - 0.5
    biases = noise(2, channels, seed=seed + 2)
    inputs = {
        "three": three,
        "three_bias": biases[0],
        "one": torch.zeros_like(one) if silent else one,
        "one_bias": biases[1],
        "watch": watch,
    }
    return Case(criterion=criterion, inputs=inputs)


def _cases(seed: int) -> list[Case]:
    return [
        _case("skip", "kernel", 3, seed, silent=True),
        _case("kernel", "kernel", 4, seed + 10),
        _case("bias", "bias", 4, seed + 20),
        _case("wide", "both", 7, seed + 30),
    ]


EXERCISE = define(
    lesson_16.fold_branches,
    cases=_cases,
    references=(_reference,),
    wrong={
        "skip_forgotten": lambda three, three_bias, one, one_bias: (
            three + F.pad(one, (1, 1, 1, 1)),
            three_bias + one_bias,
        ),
        "one_at_every_tap": lambda three, three_bias, one, one_bias: (
            three + one + torch.eye(len(one), dtype=one.dtype)[:, :, None, None],
            three_bias + one_bias,
        ),
        "skip_from_every_channel": _skip_everywhere,
        "in_the_corner": _in_the_corner,
        "one_bias": lambda three, three_bias, one, one_bias: (
            _reference(three, three_bias, one, one_bias)[0],
            three_bias,
        ),
        "skip_in_the_bias": lambda three, three_bias, one, one_bias: (
            _reference(three, three_bias, one, one_bias)[0],
            three_bias + one_bias + 1,
        ),
    },
)
