"""Exercise 18.4: a network that draws an image of any size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.exercises._beside import Value, lesson_18
from srkit.exercises._model import Case, define, drawn, noise
from srkit.exercises._signs import too_few_parameters, too_many_parameters
from srkit.exercises.opposite_areas import EXERCISE as AREAS
from srkit.exercises.pixel_centres import EXERCISE as CENTRES
from srkit.exercises.query import EXERCISE as QUERY

__all__ = ["EXERCISE"]


class _Net(nn.Module):
    """The network asked for; each keyword after the plan's is what one misconception would change."""

    def __init__(
        self,
        channels: int,
        n_blocks: int,
        hidden: int,
        *,
        ensemble: bool = True,
        opposite: bool = True,
        activated: bool = True,
        skip: float = 1.0,
        mode: str = "bilinear",
        aligned: bool | None = False,
        whole: Callable[[float], int] = round,
    ) -> None:
        super().__init__()
        self.ensemble, self.opposite, self.activated, self.skip = ensemble, opposite, activated, skip
        self.mode, self.aligned, self.whole = mode, aligned, whole

        def conv(entering: int) -> nn.Conv2d:
            return nn.Conv2d(entering, channels, 3, padding=1)

        self.head = conv(3)
        self.firsts = nn.ModuleList(conv(channels) for _ in range(n_blocks))
        self.seconds = nn.ModuleList(conv(channels) for _ in range(n_blocks))
        self.enter, self.leave = nn.Linear(channels + 4, hidden), nn.Linear(hidden, 3)

    def ask(self, asked: Tensor) -> Tensor:
        """Return the colours ``(b, H, W, 3)`` that are answered to ``(b, H, W, c + 4)``."""
        units = self.enter(asked)  # (b, H, W, hidden)
        colours: Tensor = self.leave(F.relu(units) if self.activated else units)  # (b, H, W, 3)
        return colours

    def forward(self, lr: Tensor, free_scale: float) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, round(r*h), round(r*w))``."""
        h, w = lr.shape[-2:]
        height, width = self.whole(free_scale * h), self.whole(free_scale * w)
        features = self.head(lr)  # (b, c, h, w)
        for first, second in zip(self.firsts, self.seconds, strict=True):
            features = features + second(F.relu(first(features)))
        rows, columns = (CENTRES.references[0](*sides).to(lr) for sides in ((h, height), (w, width)))
        down, right = rows - rows.floor(), columns - columns.floor()
        areas = AREAS.references[0](down[:, None], right[None])  # (4, H, W)
        if not self.ensemble:
            areas = AREAS.references[0](down.round()[:, None], right.round()[None])
        areas = areas if self.opposite else areas.flip(0)
        ways = [(below, beside) for below in (0, 1) for beside in (0, 1)]
        answers = [self.ask(QUERY.references[0](features, rows, columns, *way)) for way in ways]
        image = sum(area[..., None] * answer for area, answer in zip(areas, answers, strict=True))  # (b, H, W, 3)
        shown = F.interpolate(lr, (height, width), mode=self.mode, align_corners=self.aligned)  # (b, 3, H, W)
        return torch.as_tensor(image).movedim(-1, 1) + self.skip * shown  # (b, 3, H, W)


def _variant(**changes: Any) -> Callable[..., nn.Module]:
    return lambda channels, n_blocks, hidden: _Net(channels, n_blocks, hidden, **changes)


def _cases(seed: int) -> list[Case]:
    weights = drawn(0, 2**24, seed=seed + 4)

    def case(criterion: str, watch: str, free_scale: float) -> Case:
        plan: dict[str, Value] = {"channels": 4, "n_blocks": 2, "hidden": 5, "weights": weights}
        inputs = {**plan, "watch": watch, "free_scale": free_scale, "lr": noise(1, 3, 3, 5, seed=seed + 5)}
        return Case(criterion=criterion, inputs=inputs)

    return [
        case("parameters", "parameters", 2.0),
        case("size", "size", 2.75),
        case("smooth", "silent", 1.5),
        case("output", "sr", 2.0),
        case("broken", "sr", 2.75),
    ]


EXERCISE = define(
    lesson_18.small_liif,
    cases=_cases,
    references=(_Net,),
    signs={"too_few_parameters": too_few_parameters, "too_many_parameters": too_many_parameters},
    wrong={
        "nearest_only": _variant(ensemble=False),
        "own_areas": _variant(opposite=False),
        "two_linear_layers_in_a_row": _variant(activated=False),
        "nothing_added": _variant(skip=0.0),
        "nearest_added": _variant(mode="nearest", aligned=None),
        "bicubic_added": _variant(mode="bicubic"),
        "corners_aligned": _variant(aligned=True),
        "rounded_down": _variant(whole=int),
    },
)
