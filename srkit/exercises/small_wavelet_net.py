"""Exercise 08.6: a network that corrects the wavelet bands of the bicubic image, and its training."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from srkit.exercises._beside import Value, lesson_08
from srkit.exercises._fitted import fitted
from srkit.exercises._model import Case, define, drawn, noise
from srkit.exercises._signs import tensor_among, too_few_parameters
from srkit.ops.wavelets import analyse, synthesise

__all__ = ["EXERCISE"]


class _Net(nn.Module):
    """The network of the exercise. Each keyword after the plan's is what one misconception would change."""

    def __init__(
        self,
        *,
        levels: int,
        channels: int,
        depth: int,
        adds: bool = True,
        last_relu: bool = False,
        mode: str = "bicubic",
        clears: bool = True,
        loss: Callable[[Tensor, Tensor], Tensor] = F.l1_loss,
    ) -> None:
        super().__init__()
        self.levels, self.adds, self.last_relu, self.mode = levels, adds, last_relu, mode
        self.clears, self.loss = clears, loss
        sizes = [3 * 4**levels, *[channels] * (depth - 1), 3 * 4**levels]
        self.layers = nn.ModuleList(nn.Conv2d(*pair, 3, padding=1) for pair in pairwise(sizes))

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` by ``2**levels``."""
        bands = F.interpolate(lr, scale_factor=2.0**self.levels, mode=self.mode)  # (b, 3, s*h, s*w)
        for _ in range(self.levels):
            bands = analyse(bands)
        residual = bands  # (b, 3*s*s, h, w)
        for layer in self.layers[:-1]:
            residual = F.relu(layer(residual))  # (b, channels, h, w)
        residual = self.layers[-1](residual)
        bands = bands + residual if self.adds else residual
        bands = F.relu(bands) if self.last_relu else bands
        for _ in range(self.levels):
            bands = synthesise(bands)
        return bands  # (b, 3, s*h, s*w)

    def fit(self, batches: Iterable[tuple[Tensor, Tensor]], learning_rate: float) -> list[float]:
        """Train on the batches with Adam; return the losses."""
        return fitted(self, batches, learning_rate, loss=self.loss, clears=self.clears)


def _cases(seed: int) -> list[Case]:
    def inputs(watch: str, levels: int, depth: int, place: int) -> dict[str, Value]:
        weights = drawn(0, 2**24, seed=seed + place)  # the seed itself stays on the grader's side
        plan: dict[str, Value] = {"levels": levels, "channels": 6, "depth": depth, "watch": watch, "weights": weights}
        return {**plan, "lr": noise(1, 3, 4, 5, seed=seed + place + 1)}

    training = inputs("losses", 1, 3, 40)
    training |= {"lr": noise(3, 2, 3, 4, 5, seed=seed + 50), "hr": noise(3, 2, 3, 8, 10, seed=seed + 51)}
    return [
        Case(criterion="parameters", inputs=inputs("parameters", 2, 4, 0)),
        Case(criterion="size", inputs=inputs("size", 1, 3, 10)),
        Case(criterion="size", inputs=inputs("size", 2, 3, 12)),
        Case(criterion="image", inputs=inputs("sr", 1, 3, 20)),
        Case(criterion="twice", inputs=inputs("sr", 2, 4, 30)),
        Case(criterion="training", inputs=training),
        Case(criterion="thrice", inputs=inputs("sr", 3, 2, 60)),
    ]


def _variant(**changes: Any) -> Callable[..., nn.Module]:
    return lambda **plan: _Net(**plan, **changes)


EXERCISE = define(
    lesson_08.small_wavelet_net,
    cases=_cases,
    references=(_Net,),
    signs={"too_few_parameters": too_few_parameters, "graph_kept": tensor_among("losses")},
    wrong={
        "bands_not_added": _variant(adds=False),
        "activation_at_the_end": _variant(last_relu=True),
        "nearest_pixels": _variant(mode="nearest"),
        "gradients_never_cleared": _variant(clears=False),
        "squared_error": _variant(loss=F.mse_loss),
    },
)
