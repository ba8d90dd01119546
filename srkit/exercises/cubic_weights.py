"""Exercise 02.1: the four weights of cubic interpolation, from Keys' kernel with a = -0.5."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_02
from srkit.exercises._model import Case, define, noise
from srkit.ops._weights import KERNELS

__all__ = ["EXERCISE"]


def _distances(t: Tensor) -> Tensor:
    return torch.stack([1 + t, t, 1 - t, 2 - t], dim=-1)  # (n, 4)


def _reference(t: Tensor) -> Tensor:
    kernel, _ = KERNELS["bicubic"]  # the library's own, in NumPy
    return torch.from_numpy(kernel(_distances(t).double().numpy())).to(t.dtype)


def _keys(distance: Tensor, a: float) -> Tensor:
    x = distance.abs()
    near = (a + 2) * x**3 - (a + 3) * x**2 + 1
    far = a * (x**3 - 5 * x**2 + 8 * x - 4)
    return torch.where(x <= 1, near, torch.where(x < 2, far, torch.zeros_like(x)))


def _linear(t: Tensor) -> Tensor:
    zero = torch.zeros_like(t)
    return torch.stack([zero, 1 - t, t, zero], dim=-1)


def _cases(seed: int) -> list[Case]:
    return [
        Case(criterion="middle", inputs={"t": torch.tensor([0.5])}),
        Case(criterion="pixel", inputs={"t": torch.zeros(2)}),
        Case(criterion="anywhere", inputs={"t": noise(9, seed=seed + 3)}),
        Case(
            criterion="close", inputs={"t": torch.cat([0.02 * noise(3, seed=seed + 8), 1 - 0.02 * noise(3, seed=seed)])}
        ),
    ]


EXERCISE = define(
    lesson_02.cubic_weights,
    cases=_cases,
    references=(_reference,),
    wrong={
        "other_kernel": lambda t: _keys(_distances(t), -0.75),
        "linear": _linear,
        "mirrored": lambda t: _reference(t).flip(-1),
        "one_branch": lambda t: 1.5 * _distances(t) ** 3 - 2.5 * _distances(t) ** 2 + 1,
        "nothing_below_zero": lambda t: _reference(t).clamp_min(0) / _reference(t).clamp_min(0).sum(-1, keepdim=True),
        "wrong_axis": lambda t: _reference(t).T,
    },
)
