"""Exercise 07.6: residual in residual with channel attention, a whole RCAN in small."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from srkit.exercises._beside import Inputs, Outputs, Value, lesson_07
from srkit.exercises._model import Case, define, drawn, noise
from srkit.exercises._signs import too_few_parameters

__all__ = ["EXERCISE"]


class _Net(nn.Module):
    """The network of the exercise; ``without`` names what a misconception leaves out or puts elsewhere."""

    def __init__(
        self, *, scale: int, channels: int, n_groups: int, n_blocks: int, few: int, without: str = "nothing"
    ) -> None:
        super().__init__()
        self.scale, self.without = scale, without

        def conv(c_in: int = channels, c_out: int = channels) -> nn.Module:
            return nn.Conv2d(c_in, c_out, 3, padding=1)

        def block() -> nn.ModuleList:
            squeeze = nn.Linear(channels, few, bias=False), nn.Linear(few, channels, bias=False)
            return nn.ModuleList([conv(), conv(), *squeeze])

        self.head, self.last, self.up = conv(3), conv(), conv(c_out=3 * scale**2)
        self.groups = nn.ModuleList(nn.ModuleList(block() for _ in range(n_blocks)) for _ in range(n_groups))
        self.ends = nn.ModuleList(conv() for _ in range(n_groups))

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)``."""
        first = features = self.head(lr)  # (b, channels, h, w)
        for group, end in zip(self.groups, self.ends, strict=True):
            before = features
            for conv1, conv2, down, up in map(nn.Module.children, group.children()):
                residual = conv2(F.relu(conv1(features)))
                if self.without == "order":
                    features = self._weighed(features + residual, down, up)
                else:
                    weighed = self._weighed(residual, down, up)
                    features = weighed if self.without == "block" else features + weighed
            features = end(features) if self.without == "group" else before + end(features)
        features = self.last(features) if self.without == "long" else first + self.last(features)
        return F.pixel_shuffle(self.up(features), self.scale)  # (b, 3, scale*h, scale*w)

    def _weighed(self, residual: Tensor, down: nn.Module, up: nn.Module) -> Tensor:
        if self.without == "attention":
            return residual
        scores = up(F.relu(down(residual.mean((2, 3)))))  # (b, channels)
        weights = scores.softmax(1) if self.without == "sigmoid" else scores.sigmoid()
        weighed: Tensor = residual * weights[:, :, None, None]
        return weighed


def _cases(seed: int) -> list[Case]:
    def inputs(watch: str, groups: int, blocks: int, place: int, scale: int = 2) -> dict[str, Value]:
        plan: dict[str, Value] = {"scale": scale, "channels": 6, "few": 2, "n_groups": groups, "n_blocks": blocks}
        weights = drawn(0, 2**24, seed=seed + place)  # the seed itself stays on the grader's side
        return {**plan, "watch": watch, "weights": weights, "lr": noise(1, 3, 4, 5, seed=seed + place + 1)}

    return [
        Case(criterion="parameters", inputs=inputs("parameters", 3, 2, 0)),
        Case(criterion="size", inputs=inputs("size", 1, 1, 10)),
        Case(criterion="size", inputs=inputs("size", 1, 1, 12, scale=4)),
        Case(criterion="block", inputs=inputs("sr", 1, 1, 20)),
        Case(criterion="blocks", inputs=inputs("sr", 1, 3, 30)),
        Case(criterion="groups", inputs=inputs("sr", 2, 2, 40, scale=3)),
    ]


def _biases(inputs: Inputs, outputs: Outputs, expected: Outputs) -> bool:
    each = inputs["few"] + inputs["channels"]
    extra = inputs["n_groups"] * inputs["n_blocks"] * each
    return bool(outputs["number_of_parameters"] == expected["number_of_parameters"] + extra)


def _without(what: str) -> Callable[..., Any]:
    return lambda **plan: _Net(**plan, without=what)


EXERCISE = define(
    lesson_07.small_rcan,
    cases=_cases,
    references=(_Net,),
    signs={"too_few_parameters": too_few_parameters, "biases_in_the_attention": _biases},
    wrong={
        "no_attention": _without("attention"),
        "no_skip_in_the_block": _without("block"),
        "no_skip_round_the_group": _without("group"),
        "no_long_skip": _without("long"),
        "sum_weighed": _without("order"),
        "softmax": _without("sigmoid"),
    },
)
