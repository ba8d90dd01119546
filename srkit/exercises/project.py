"""Exercise 04.5: which small pixel an output pixel looks at, for any real scale."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_04
from srkit.exercises._model import Case, define, drawn, noise

__all__ = ["EXERCISE"]


def _loop(n: int, scale: float) -> tuple[Tensor, Tensor]:
    pairs = [divmod(i / scale, 1.0) for i in range(math.floor(n * scale))]
    return torch.tensor([int(whole) for whole, _ in pairs]), torch.tensor([rest for _, rest in pairs])


def _centres(n: int, scale: float) -> tuple[Tensor, Tensor]:
    places = ((torch.arange(math.floor(n * scale), dtype=torch.float64) + 0.5) / scale - 0.5).clamp_min(0)
    return places.floor().long(), (places - places.floor()).float()


def _corners(n: int, scale: float) -> tuple[Tensor, Tensor]:
    places = torch.linspace(0, n - 1, math.floor(n * scale), dtype=torch.float64)
    return places.floor().long(), (places - places.floor()).float()


def _rounded(n: int, scale: float) -> tuple[Tensor, Tensor]:
    places = torch.arange(math.floor(n * scale), dtype=torch.float64) / scale
    return places.round().long(), (places - places.round()).float()


def _cases(seed: int) -> list[Case]:
    free = 1.13 + 2 * float(noise(1, seed=seed + 5))
    n = drawn(5, 8, seed=seed + 6)
    return [
        Case(criterion="whole", inputs={"n": n, "scale": 2.0}),
        Case(criterion="half", inputs={"n": 2 * n, "scale": 1.5}),
        Case(criterion="free", inputs={"n": n, "scale": round(free, 3)}),
    ]


EXERCISE = define(
    lesson_04.project,
    cases=_cases,
    references=(_loop,),
    signs={
        "multiplied": lambda inputs, outputs, expected: (
            isinstance(outputs["source"], Tensor) and bool((outputs["source"] >= inputs["n"]).any())
        )
    },
    wrong={
        "pixel_centres": _centres,
        "ends_aligned": _corners,
        "rounded": _rounded,
    },
)
