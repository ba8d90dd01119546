"""Exercise 05.3: one residual unit used again and again with the same weights, as in DRRN."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from srkit.exercises._beside import Inputs, Outputs, Value, lesson_05
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]


class _Recursion(nn.Module):
    """The reference, and with other arguments what a misconception would have produced."""

    def __init__(
        self, channels: int, n_recursions: int, *, more: int = 0, source: str = "first", relus: int = 2
    ) -> None:
        super().__init__()
        self.runs, self.source, self.relus = n_recursions + more, source, relus
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        first = features
        for _ in range(self.runs):
            residual = self.conv1(F.relu(features) if self.relus > 1 else features)
            residual = self.conv2(F.relu(residual) if self.relus > 0 else residual)
            added = {"first": first, "previous": features}.get(self.source)
            features = residual if added is None else added + residual
        return features + first if self.source == "end" else features


def _cases(seed: int) -> list[Case]:
    def inputs(watch: str, channels: int, n_recursions: int) -> dict[str, Value]:
        return {
            "watch": watch,
            "channels": channels,
            "n_recursions": n_recursions,
            "features": 2 * noise(2, channels, 5, 6, seed=seed + n_recursions) - 1,
            "weight": (noise(channels, channels, 3, 3, seed=seed + 7) - 0.5) / channels**0.5,
            "bias": noise(channels, seed=seed + 8) - 0.5,
        }

    return [
        Case(criterion="once", inputs=inputs("features", 4, 1)),
        Case(criterion="often", inputs=inputs("features", 4, 3)),
        Case(criterion="shared", inputs=inputs("parameters", 4, 1)),
        Case(criterion="shared", inputs=inputs("parameters", 6, 9)),
        Case(criterion="gradient", inputs=inputs("gradient", 5, 4)),
    ]


def _grows(inputs: Inputs, outputs: Outputs, expected: Outputs) -> bool:
    count = outputs.get("number_of_parameters")
    return isinstance(count, int) and count == inputs["n_recursions"] * expected["number_of_parameters"]


def _one_layer(inputs: Inputs, outputs: Outputs, expected: Outputs) -> bool:
    count = outputs.get("number_of_parameters")
    return isinstance(count, int) and 2 * count == expected["number_of_parameters"]


def _variant(**changes: Any) -> Callable[..., nn.Module]:
    return lambda channels, n_recursions: _Recursion(channels, n_recursions, **changes)


EXERCISE = define(
    lesson_05.recursive_block,
    cases=_cases,
    references=(_Recursion,),
    signs={
        "a_copy_for_each_run": _grows,
        "one_layer_in_both_places": _one_layer,
    },
    wrong={
        "skip_from_the_run_before": _variant(source="previous"),
        "skip_at_the_end_only": _variant(source="end"),
        "one_run_too_few": _variant(more=-1),
        "no_first_activation": _variant(relus=1),
    },
)
