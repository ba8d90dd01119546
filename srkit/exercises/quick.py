"""Exercise 16.5: a network that is trained with three branches and used with one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.exercises._beside import Value, lesson_16
from srkit.exercises._model import Case, define, noise
from srkit.exercises._signs import too_few_parameters, too_many_parameters

__all__ = ["EXERCISE"]


class _Quick(nn.Module):
    """The network asked for; the options are misconceptions."""

    def __init__(
        self,
        scale: int,
        channels: int,
        n_blocks: int,
        *,
        skip: float = 1.0,
        inside: bool = False,
        enlarge: str = "nearest",
        added: float = 1.0,
        folded_skip: float = 1.0,
        folded_one: float = 1.0,
    ) -> None:
        super().__init__()
        self.scale, self.skip, self.inside = scale, skip, inside
        self.enlarge, self.added = enlarge, added
        self.folded_skip, self.folded_one = folded_skip, folded_one
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.threes = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(n_blocks))
        self.ones = nn.ModuleList(nn.Conv2d(channels, channels, 1) for _ in range(n_blocks))
        self.tail = nn.Conv2d(channels, 3 * scale**2, 3, padding=1)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)``."""
        features = F.relu(self.head(lr))  # (b, c, h, w)
        for three, one in zip(self.threes, self.ones, strict=True):
            branches = (three(features), one(features))  # (b, c, h, w) each
            both = sum(map(F.relu, branches) if self.inside else branches)
            features = F.relu(both + self.skip * features)
        align = None if self.enlarge == "nearest" else False
        added = F.interpolate(  # (b, 3, scale*h, scale*w)
            lr, scale_factor=float(self.scale), mode=self.enlarge, align_corners=align
        )
        return F.pixel_shuffle(self.tail(features), self.scale) + self.added * added  # (b, 3, scale*h, scale*w)

    def plain(self) -> list[tuple[Tensor, Tensor]]:
        """Return kernel and bias of each layer of the network without branches."""
        middle = []
        for three, one in zip(self.threes, self.ones, strict=True):
            weight, bias = one.get_parameter("weight"), one.get_parameter("bias")
            centre = self.folded_one * weight + self.folded_skip * torch.eye(len(weight))[:, :, None, None]
            kernel = three.get_parameter("weight") + F.pad(centre, (1, 1, 1, 1))  # (c, c, 3, 3)
            middle.append((kernel, three.get_parameter("bias") + bias))
        return [(self.head.weight, self.head.bias), *middle, (self.tail.weight, self.tail.bias)]  # type: ignore[list-item]


def _variant(**changes: Any) -> Callable[..., nn.Module]:
    return lambda scale, channels, n_blocks: _Quick(scale, channels, n_blocks, **changes)


def _cases(seed: int) -> list[Case]:
    drawn = int(noise(1, seed=seed + 4) * 2**24)

    def case(criterion: str, watch: str, *, scale: int = 2, strength: float = 0.8) -> Case:
        inputs: dict[str, Value] = {
            "watch": watch,
            "scale": scale,
            "channels": 6,
            "n_blocks": 3,
            "lr": noise(2, 3, 7, 9, seed=seed + scale),
            "seed": drawn,
            "strength": strength,
        }
        return Case(criterion=criterion, inputs=inputs)

    return [
        case("parameters", "parameters"),
        case("pixels", "sr", strength=0.0),
        case("output", "sr"),
        case("plain", "plain"),
        case("scale", "sr", scale=3),
        case("scale", "plain", scale=3),
    ]


EXERCISE = define(
    lesson_16.quick,
    cases=_cases,
    references=(_Quick,),
    signs={
        "too_few_parameters": too_few_parameters,
        "too_many_parameters": too_many_parameters,
    },
    wrong={
        "folded_without_skip": _variant(folded_skip=0.0),
        "folded_without_ones": _variant(folded_one=0.0),
        "no_skip": _variant(skip=0.0),
        "activated_branches": _variant(inside=True),
        "nothing_added": _variant(added=0.0),
        "bilinear": _variant(enlarge="bilinear"),
        "bicubic": _variant(enlarge="bicubic"),
    },
)
