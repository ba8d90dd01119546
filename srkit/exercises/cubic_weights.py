"""Exercise 02.1: the four weights of cubic interpolation, from Keys' kernel with a = -0.5."""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_02
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise
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


EXERCISE = Exercise(
    answer="cubic_weights",
    number="2.1",
    title="The four weights of cubic interpolation",
    difficulty=2,
    importance=3,
    minutes=15,
    criteria=(
        Criterion(name="middle", points=1, text="half way between two pixels the weights are right"),
        Criterion(name="pixel", points=1, text="exactly at a pixel, that pixel alone counts"),
        Criterion(name="anywhere", points=1, text="everywhere in between the weights are right"),
        Criterion(name="close", points=1, text="very close to a pixel, on either side, too", hidden=True),
    ),
    cases=_cases,
    perform=lesson_02.cubic_weights,
    references=(_reference,),
    tolerance=Tolerance(
        absolute=2e-6, relative=1e-5, reason="the cubics can be written in several ways; float32 differs by 1e-7"
    ),
    slips={
        "other_kernel": Slip(
            "These are the weights for a = -0.75, those of PyTorch and OpenCV. MATLAB and this lesson have a = -0.5.",
            wrong=lambda t: _keys(_distances(t), -0.75),
        ),
        "linear": Slip(
            "These are the weights of linear interpolation: only two of the four pixels count.",
            wrong=_linear,
        ),
        "mirrored": Slip(
            "Your weights are in the opposite order. The first belongs to the pixel that lies 1 + t away.",
            wrong=lambda t: _reference(t).flip(-1),
        ),
        "one_branch": Slip(
            "The two outer weights come from the wrong piece of the kernel. Up to which distance does the first piece "
            "hold?",
            wrong=lambda t: 1.5 * _distances(t) ** 3 - 2.5 * _distances(t) ** 2 + 1,
        ),
        "nothing_below_zero": Slip(
            "You allow no negative weight. The outer two are negative: that is what keeps edges sharp.",
            wrong=lambda t: _reference(t).clamp_min(0) / _reference(t).clamp_min(0).sum(-1, keepdim=True),
        ),
        "wrong_axis": Slip(
            "There should be one row for each t and one column for each of the four pixels: (n, 4).",
            wrong=lambda t: _reference(t).T,
        ),
    },
    avoid=(),
    hints=(
        "Draw four pixels on a line and a point between the two in the middle. How far is it to each of them?",
        "The kernel turns a distance into a weight. Compute the four distances for all t at once, then the kernel of "
        "all of them at once; torch.where chooses between its two pieces.",
        "Begin with x = torch.stack([1 + t, t, 1 - t, 2 - t], dim=-1), the distances, (n, 4).",
    ),
)
