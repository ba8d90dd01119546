"""Exercise 11.4: the network A2001SR, four convolutions that add to the bicubic image what it misses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from srkit.exercises._beside import Inputs, Outputs, Value, lesson_11
from srkit.exercises._model import Case, define, noise
from srkit.exercises._signs import too_few_parameters, too_many_parameters
from srkit.models.a2001sr import A2001SR

__all__ = ["EXERCISE"]


def _cases(seed: int) -> list[Case]:
    drawn = int(noise(1, seed=seed + 4) * 2**24)  # the seed itself stays on the grader's side

    def inputs(watch: str, lr: Tensor, *, silent: bool = False) -> dict[str, Value]:
        return {"watch": watch, "lr": lr, "seed": drawn, "silent": silent}

    return [
        Case(criterion="parameters", inputs=inputs("parameters", noise(1, 3, 8, 8, seed=seed))),
        Case(criterion="size", inputs=inputs("size", noise(2, 3, 9, 12, seed=seed + 1))),
        Case(criterion="bicubic", inputs=inputs("sr", noise(1, 3, 8, 9, seed=seed + 2), silent=True)),
        Case(criterion="output", inputs=inputs("sr", noise(1, 3, 8, 10, seed=seed + 3))),
        Case(criterion="scale", inputs=inputs("refusal", noise(1, 3, 8, 8, seed=seed))),
    ]


class _Variant(nn.Module):
    """A2001SR with one thing changed: what a misconception would have produced."""

    def __init__(
        self,
        *,
        scale: int,
        enlarge: str = "bicubic",
        relus: int = 2,
        last: bool = False,
        residual: float = 1.0,
        corners: bool = False,
    ) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 32, 5, padding=2), nn.Conv2d(32, 64, 3, padding=1)
        self.third, self.fourth = nn.Conv2d(64, 256, 3, padding=1), nn.Conv2d(64, 3, 3, padding=1)
        self.enlarge, self.relus, self.last, self.residual, self.corners = enlarge, relus, last, residual, corners

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` by two."""
        x = self.second(F.relu(self.first(lr)) if self.relus > 0 else self.first(lr))  # (b, 64, h, w)
        x = self.third(F.relu(x) if self.relus > 1 else x)  # (b, 256, h, w)
        x = self.fourth(F.pixel_shuffle(F.relu(x) if self.relus > 2 else x, 2))  # (b, 3, 2*h, 2*w)
        align = None if self.enlarge == "nearest" else self.corners
        added = F.interpolate(lr, scale_factor=2.0, mode=self.enlarge, align_corners=align)  # (b, 3, 2*h, 2*w)
        return (F.relu(x) if self.last else x) + self.residual * added


def _variant(**changes: Any) -> Callable[..., nn.Module]:
    return lambda *, scale: _Variant(scale=scale, **changes)


def _clamped(inputs: Inputs, outputs: Outputs, expected: Outputs) -> bool:
    return bool(((outputs["sr"] - expected["sr"].clamp(0, 1)).abs() < 1e-4).all())


EXERCISE = define(
    lesson_11.a2001sr,
    cases=_cases,
    references=(A2001SR,),
    raises={"sizes_do_not_fit": "must match the size|Kernel size"},
    signs={
        "scale_ignored": lambda inputs, outputs, expected: outputs["refused"] is False,
        "clamped": _clamped,
        "too_few_parameters": too_few_parameters,
        "too_many_parameters": too_many_parameters,
    },
    wrong={
        "no_global_residual": _variant(residual=0.0),
        "nearest": _variant(enlarge="nearest"),
        "corners_aligned": _variant(corners=True),
        "bilinear": _variant(enlarge="bilinear"),
        "relu_at_the_end": _variant(last=True),
        "relu_before_the_shuffle": _variant(relus=3),
        "no_activation": _variant(relus=0),
    },
)
