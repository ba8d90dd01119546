"""Exercise 12.6: damage images in a known way, say how, and train a network that is told."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.degrade import gaussian_widths, srmd_maps
from srkit.exercises._beside import Value, lesson_12
from srkit.exercises._fitted import fitted
from srkit.exercises._model import Case, Tolerance, define, drawn, noise
from srkit.exercises._signs import tensor_among
from srkit.ops.filters import convolve

__all__ = ["EXERCISE"]

Batch = tuple[Tensor, Tensor, Tensor, Tensor]


class _Net(nn.Module):
    """The system of the exercise. Each keyword after the plan's is what one misconception would change."""

    def __init__(
        self,
        *,
        scale: int,
        basis: Tensor,
        channels: int,
        depth: int,
        noise_first: bool = False,
        one_width: bool = False,
        root: bool = False,
        louder: float = 1.0,
        averages: bool = False,
        told_nothing: bool = False,
        mode: str = "bicubic",
    ) -> None:
        super().__init__()
        self.scale, self.basis, self.noise_first, self.one_width = scale, basis, noise_first, one_width
        self.root, self.louder, self.averages, self.told_nothing = root, louder, averages, told_nothing
        self.mode = mode
        sizes = [3 + len(basis) + 1, *[channels] * (depth - 1), 3 * scale**2]
        self.layers = nn.ModuleList(nn.Conv2d(*pair, 3, padding=1) for pair in pairwise(sizes))

    def spoil(self, hr: Tensor, widths: Tensor, levels: Tensor, rough: Tensor) -> Tensor:
        """Return the small images with what happened to them, ``(b, 3 + n + 1, h/scale, w/scale)``."""
        size = math.isqrt(self.basis.shape[1])
        used = widths[:1].expand_as(widths) if self.one_width else widths
        used = used.sqrt() if self.root else used
        kernels = torch.stack([gaussian_widths(size, float(width)) for width in used]).to(hr.dtype)
        grain = self.louder * levels[:, None, None, None] / 255 * rough
        if self.noise_first:
            hr, grain = hr + grain.repeat_interleave(self.scale, 2).repeat_interleave(self.scale, 3), 0 * grain
        blurred = torch.stack([convolve(image, kernel) for image, kernel in zip(hr, kernels, strict=True)])
        small = F.avg_pool2d(blurred, self.scale) if self.averages else blurred[..., :: self.scale, :: self.scale]
        codes = kernels.transpose(1, 2).flatten(1) @ self.basis.T  # (b, n)
        told = srmd_maps(codes, small.shape[-2:], sigma=levels)
        return torch.cat([small + grain, 0 * told if self.told_nothing else told], 1)

    def forward(self, given: Tensor) -> Tensor:
        """Enlarge what :meth:`spoil` gives, ``(b, 3 + n + 1, h, w)``."""
        features = given
        for layer in self.layers[:-1]:
            features = F.relu(layer(features))  # (b, channels, h, w)
        learned = F.pixel_shuffle(self.layers[-1](features), self.scale)  # (b, 3, scale*h, scale*w)
        if not self.mode:
            return learned
        wide = F.interpolate(given[:, :3], scale_factor=float(self.scale), mode=self.mode)  # (b, 3, scale*h, scale*w)
        return learned + wide

    def fit(self, batches: Iterable[Batch], learning_rate: float) -> list[float]:
        """Train on the batches with Adam; return the losses."""
        return fitted(self, ((self.spoil(hr, *damage), hr) for hr, *damage in batches), learning_rate)


def _cases(seed: int) -> list[Case]:
    def inputs(watch: str, place: int, *, size: int = 5, level: float = 0.0, count: int = 1) -> dict[str, Value]:
        place += seed
        steps = 3 if watch == "losses" else 1
        return {
            "watch": watch,
            "scale": 2,
            "basis": noise(4, size * size, seed=place) - 0.5,
            "weights": drawn(0, 2**24, seed=place + 1),  # the seed itself stays on the grader's side
            "hr": noise(steps, count, 3, 8, 10, seed=place + 2),
            "widths": 0.6 + noise(steps, count, seed=place + 3),
            "levels": level * (0.5 + noise(steps, count, seed=place + 4)),
            "rough": 4 * noise(steps, count, 3, 4, 5, seed=place + 5) - 2,
        }

    close = Tolerance(
        absolute=2e-5, relative=0.0, reason="a wrong blur changes the losses by 1e-4, another order of sums by 1e-6"
    )
    return [
        Case(criterion="blur", inputs=inputs("lr", 0, size=7)),
        Case(criterion="noise", inputs=inputs("lr", 10, level=20.0)),
        Case(criterion="told", inputs=inputs("told", 20, level=20.0)),
        Case(criterion="network", inputs=inputs("sr", 30, level=20.0)),
        Case(criterion="network", inputs=inputs("parameters", 40)),
        Case(criterion="training", inputs=inputs("losses", 50, level=20.0, count=2), tolerance=close),
        Case(criterion="batch", inputs=inputs("lr", 60, level=20.0, count=3)),
    ]


def _variant(**changes: Any) -> Callable[..., nn.Module]:
    return lambda **plan: _Net(**plan, **changes)


EXERCISE = define(
    lesson_12.small_srmd,
    cases=_cases,
    references=(_Net,),
    signs={"graph_kept": tensor_among("losses")},
    wrong={
        "noise_before_the_blur": _variant(noise_first=True),
        "one_width_for_all": _variant(one_width=True),
        "variance_for_width": _variant(root=True),
        "level_not_divided": _variant(louder=255.0),
        "squares_averaged": _variant(averages=True),
        "nothing_told": _variant(told_nothing=True),
        "image_not_added": _variant(mode=""),
        "nearest_added": _variant(mode="nearest"),
    },
)
