"""Exercise 16.4: a 1x1 convolution and a 3x3 convolution behind it, folded into one."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_16
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]

Layer = tuple[Tensor, Tensor]


def _reference(one: Tensor, one_bias: Tensor, three: Tensor, three_bias: Tensor) -> Layer:
    kernel = torch.einsum("mkyx,kn->mnyx", three, one[:, :, 0, 0])  # (m, n, 3, 3)
    return kernel, three_bias + three.sum((2, 3)) @ one_bias


def _turned(one: Tensor, one_bias: Tensor, three: Tensor, three_bias: Tensor) -> Layer:
    return _reference(one.transpose(0, 1), one_bias, three, three_bias)


def _with_bias(bias: Tensor, one: Tensor, one_bias: Tensor, three: Tensor, three_bias: Tensor) -> Layer:
    return _reference(one, one_bias, three, three_bias)[0], bias


def _case(criterion: str, watch: str, sizes: tuple[int, int, int], seed: int) -> Case:
    n, k, m = sizes
    inputs = {
        "one": noise(k, n, 1, 1, seed=seed) - 0.5,
        "one_bias": noise(k, seed=seed + 1) - 0.3,
        "three": noise(m, k, 3, 3, seed=seed + 2) - 0.5,
        "three_bias": noise(m, seed=seed + 3) - 0.3,
        "watch": watch,
    }
    return Case(criterion=criterion, inputs=inputs)


def _cases(seed: int) -> list[Case]:
    return [
        _case("kernel", "kernel", (4, 4, 4), seed),
        _case("bias", "bias", (4, 4, 4), seed + 10),
        _case("wide", "both", (3, 8, 5), seed + 20),
    ]


EXERCISE = define(
    lesson_16.fold_chain,
    cases=_cases,
    references=(_reference,),
    raises={
        "axes_do_not_meet": "mat1 and mat2|must match|subscript|size mismatch|inconsistent tensor size",
    },
    wrong={
        "turned": _turned,
        "first_bias_dropped": lambda one, one_bias, three, three_bias: _with_bias(
            three_bias, one, one_bias, three, three_bias
        ),
        "first_bias_as_it_is": lambda one, one_bias, three, three_bias: _with_bias(
            three_bias + one_bias[: len(three_bias)], one, one_bias, three, three_bias
        ),
        "middle_tap_only": lambda one, one_bias, three, three_bias: _with_bias(
            three_bias + three[:, :, 1, 1] @ one_bias, one, one_bias, three, three_bias
        ),
        "second_bias_dropped": lambda one, one_bias, three, three_bias: _with_bias(
            three.sum((2, 3)) @ one_bias, one, one_bias, three, three_bias
        ),
    },
)
