"""Exercise 06.6: a residual dense network in small."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.exercises._beside import Value, lesson_06
from srkit.exercises._model import Case, define, drawn, noise
from srkit.exercises._signs import too_few_parameters

__all__ = ["EXERCISE"]


class _Net(nn.Module):
    """The network of the exercise; ``without`` names what a misconception leaves out or puts elsewhere."""

    def __init__(
        self, *, scale: int, channels: int, growth: int, n_layers: int, n_blocks: int, without: str = "nothing"
    ) -> None:
        super().__init__()
        self.scale, self.without = scale, without
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.blocks = nn.ModuleList(
            nn.ModuleList(nn.Conv2d(channels + i * growth, growth, 3, padding=1) for i in range(n_layers))
            for _ in range(n_blocks)
        )
        wide = channels + n_layers * growth
        self.fusions = nn.ModuleList(nn.Conv2d(wide, channels, 1) for _ in range(n_blocks))
        self.joined = nn.Conv2d(n_blocks * channels, channels, 1)
        self.last = nn.Conv2d(channels, channels, 3, padding=1)
        self.up = nn.Conv2d(channels, 3 * scale**2, 3, padding=1)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)``."""
        first = features = self.head(lr)  # (b, channels, h, w)
        kept = []
        for layers, fusion in zip(self.blocks, self.fusions, strict=True):
            fused = fusion(self._dense(features, layers))
            features = fused if self.without == "local" else features + fused
            kept.append(features)
        if self.without == "joining":
            kept = [features] * len(kept)
        if self.without == "order":
            kept.reverse()
        features = self.last(self.joined(torch.cat(kept, 1)))  # (b, channels, h, w)
        features = features if self.without == "long" else first + features
        return F.pixel_shuffle(self.up(features), self.scale)  # (b, 3, scale*h, scale*w)

    def _dense(self, features: Tensor, layers: nn.Module) -> Tensor:
        seen = features
        for layer in layers.children():
            new = layer(seen)
            seen = torch.cat([seen, new if self.without == "activation" else F.relu(new)], 1)
        return seen  # (b, channels + growth * n_layers, h, w)


def _cases(seed: int) -> list[Case]:
    def inputs(watch: str, blocks: int, layers: int, place: int, scale: int = 2) -> dict[str, Value]:
        plan: dict[str, Value] = {"scale": scale, "channels": 5, "growth": 3, "n_layers": layers, "n_blocks": blocks}
        weights = drawn(0, 2**24, seed=seed + place)  # the seed itself stays on the grader's side
        return {**plan, "watch": watch, "weights": weights, "lr": noise(1, 3, 4, 5, seed=seed + place + 1)}

    return [
        Case(criterion="parameters", inputs=inputs("parameters", 3, 2, 0)),
        Case(criterion="size", inputs=inputs("size", 1, 1, 10)),
        Case(criterion="size", inputs=inputs("size", 1, 1, 12, scale=3)),
        Case(criterion="block", inputs=inputs("sr", 1, 3, 20)),
        Case(criterion="blocks", inputs=inputs("sr", 2, 2, 30)),
        Case(criterion="deep", inputs=inputs("sr", 3, 3, 40, scale=3)),
    ]


def _without(what: str) -> Callable[..., Any]:
    return lambda **plan: _Net(**plan, without=what)


EXERCISE = define(
    lesson_06.small_rdn,
    cases=_cases,
    references=(_Net,),
    signs={"too_few_parameters": too_few_parameters},
    wrong={
        "no_skip_in_the_block": _without("local"),
        "last_block_only": _without("joining"),
        "newest_first": _without("order"),
        "no_long_skip": _without("long"),
        "no_activation": _without("activation"),
    },
)
