"""Exercise 04.5: which small pixel an output pixel looks at, for any real scale."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from srkit.exercises._beside import lesson_04
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise

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
    n = 5 + int(4 * float(noise(1, seed=seed + 6)))
    return [
        Case(criterion="whole", inputs={"n": n, "scale": 2.0}),
        Case(criterion="half", inputs={"n": 2 * n, "scale": 1.5}),
        Case(criterion="free", inputs={"n": n, "scale": round(free, 3)}),
    ]


EXERCISE = Exercise(
    answer="project",
    number="4.5",
    title="Any scale: which pixel looks where",
    difficulty=2,
    importance=3,
    minutes=10,
    criteria=(
        Criterion(name="whole", points=1, text="at scale 2 every small pixel is looked at twice"),
        Criterion(name="half", points=1, text="scale 1.5 works"),
        Criterion(name="free", points=1, text="so does any other real scale", hidden=True),
    ),
    cases=_cases,
    perform=lesson_04.project,
    references=(_loop,),
    tolerance=Tolerance(absolute=2e-5, relative=0.0, reason="i / scale in float32 is right to 1e-6 for small images"),
    slips={
        "pixel_centres": Slip(
            "You align the centres of pixels, as interpolation does. Meta-SR aligns the corners of the grids: place i "
            "looks at i / scale.",
            wrong=_centres,
        ),
        "ends_aligned": Slip(
            "You stretch the row so that first and last pixels meet. Then the step is not 1 / scale.",
            wrong=_corners,
        ),
        "rounded": Slip(
            "You take the nearest pixel. The pixel at or before the place is asked for, so that offsets are never "
            "negative.",
            wrong=_rounded,
        ),
        "multiplied": Slip(
            "You go from small to large. Each pixel of the large row should ask where it lies in the small one.",
            sign=lambda inputs, outputs, expected: (
                isinstance(outputs["source"], Tensor) and bool((outputs["source"] >= inputs["n"]).any())
            ),
        ),
    },
    avoid=(),
    hints=(
        "At scale 2, where in the small row does the large pixel 3 lie?",
        "Divide the large places by the scale; the whole part is the source, the rest the offset.",
        "Begin with places = torch.arange(math.floor(n * scale)) / scale.",
    ),
    hides=("srkit.models.metasr:sources",),
)
