"""Exercise 04.3: why a transposed convolution draws a checkerboard."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from srkit.exercises._beside import lesson_04
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

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
    n = 4 + int(4 * float(noise(1, seed=seed + 1)))
    return [
        Case(criterion="uneven", inputs={"n": n, "size": 3, "stride": 2}),
        Case(criterion="even", inputs={"n": n + 1, "size": 4, "stride": 2}),
        Case(criterion="other", inputs={"n": n, "size": 9, "stride": 4}),
        Case(criterion="other", inputs={"n": n + 2, "size": 2, "stride": 3}),
    ]


EXERCISE = Exercise(
    answer="coverage",
    number="4.3",
    title="Who reaches which pixel",
    difficulty=2,
    importance=4,
    minutes=10,
    criteria=(
        Criterion(name="uneven", points=1, text="a kernel of 3 at stride 2 reaches pixels once or twice"),
        Criterion(name="even", points=1, text="a kernel of 4 at stride 2 reaches all inner pixels alike"),
        Criterion(name="other", points=1, text="other sizes and strides, gaps included", hidden=True),
    ),
    cases=_cases,
    perform=lesson_04.coverage,
    references=(_convolved,),
    tolerance=Tolerance(absolute=0, relative=0.0, reason="counts are whole numbers, and either right or wrong"),
    slips={
        "edges_cut": Slip(
            "Your list is too short. The kernel of the last pixel reaches beyond it.",
            wrong=lambda n, size, stride: _counted(n, size, stride)[: n * stride],
        ),
        "stride_forgotten": Slip(
            "The kernels of neighbouring pixels begin one place apart in yours. They begin a stride apart.",
            wrong=lambda n, size, stride: _counted(n, size, 1),
        ),
        "roles_exchanged": Slip(
            "Kernel size and stride have changed places.",
            wrong=lambda n, size, stride: _counted(n, stride, size),
        ),
        "one_phase_only": Slip(
            "You count one period. The list should have one entry for every output pixel, edges included.",
            wrong=lambda n, size, stride: [len(range(phase, size, stride)) for phase in range(stride)],
        ),
    },
    avoid=(),
    hints=(
        "Draw four pixels, stride 2, and under each the three places its kernel reaches.",
        "Begin with a list of zeros as long as the output, and add one wherever a pixel's kernel reaches.",
        "Pixel p begins at place p * stride, and the output has (n - 1) * stride + size places.",
    ),
)
