"""Exercise 04.3: why a transposed convolution draws a checkerboard."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from srkit.exercises._beside import lesson_04
from srkit.exercises._model import Case, define, drawn

__all__ = ["EXERCISE"]


def _counted(n: int, size: int, stride: int) -> list[int]:
    counts = [0] * ((n - 1) * stride + size)
    for pixel in range(n):
        for tap in range(size):
            counts[pixel * stride + tap] += 1
    return counts


def _convolved(n: int, size: int, stride: int) -> list[int]:
    ones = F.conv_transpose1d(torch.ones(1, 1, n), torch.ones(1, 1, size), stride=stride)
    return [int(value) for value in ones.flatten().round()]


def _cases(seed: int) -> list[Case]:
    n = drawn(4, 7, seed=seed + 1)
    return [
        Case(criterion="uneven", inputs={"n": n, "size": 3, "stride": 2}),
        Case(criterion="even", inputs={"n": n + 1, "size": 4, "stride": 2}),
        Case(criterion="other", inputs={"n": n, "size": 9, "stride": 4}),
        Case(criterion="other", inputs={"n": n + 2, "size": 2, "stride": 3}),
    ]


EXERCISE = define(
    lesson_04.coverage,
    cases=_cases,
    references=(_convolved,),
    wrong={
        "edges_cut": lambda n, size, stride: _counted(n, size, stride)[: n * stride],
        "stride_forgotten": lambda n, size, stride: _counted(n, size, 1),
        "roles_exchanged": lambda n, size, stride: _counted(n, stride, size),
        "one_phase_only": lambda n, size, stride: [len(range(phase, size, stride)) for phase in range(stride)],
    },
)
