"""Exercise 05.5: a residual network that enlarges last, and its training."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from srkit.exercises._beside import Value, lesson_05
from srkit.exercises._fitted import fitted
from srkit.exercises._model import Case, define, drawn, noise
from srkit.exercises._signs import tensor_among, too_few_parameters

__all__ = ["EXERCISE"]


class _Net(nn.Module):
    """The network of the exercise. Each keyword after the plan's is what one misconception would change."""

    def __init__(
        self,
        *,
        scale: int,
        channels: int,
        n_blocks: int,
        residual_scale: float,
        long_skip: bool = True,
        block_skip: bool = True,
        last_relu: bool = False,
        clears: bool = True,
        loss: Callable[[Tensor, Tensor], Tensor] = F.l1_loss,
    ) -> None:
        super().__init__()
        self.scale, self.residual_scale, self.long_skip, self.block_skip = scale, residual_scale, long_skip, block_skip
        self.last_relu, self.clears, self.loss = last_relu, clears, loss
        self.head = nn.Conv2d(3, channels, 3, padding=1)
        self.body = nn.ModuleList(nn.Conv2d(channels, channels, 3, padding=1) for _ in range(2 * n_blocks + 1))
        self.up = nn.Conv2d(channels, 3 * scale**2, 3, padding=1)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)``."""
        first = features = self.head(lr)  # (b, channels, h, w)
        for conv1, conv2 in zip(self.body[:-1:2], self.body[1::2], strict=True):
            residual = self.residual_scale * conv2(F.relu(conv1(features)))
            features = features + residual if self.block_skip else residual
        features = self.body[-1](features)
        features = first + features if self.long_skip else features
        features = F.relu(features) if self.last_relu else features
        return F.pixel_shuffle(self.up(features), self.scale)  # (b, 3, scale*h, scale*w)

    def fit(self, batches: Iterable[tuple[Tensor, Tensor]], learning_rate: float) -> list[float]:
        """Train on the batches with Adam; return the losses."""
        return fitted(self, batches, learning_rate, loss=self.loss, clears=self.clears)


def _cases(seed: int) -> list[Case]:
    def inputs(watch: str, scale: int, n_blocks: int, *, factor: float = 1.0, place: int = 0) -> dict[str, Value]:
        plan: dict[str, Value] = {"scale": scale, "channels": 6, "n_blocks": n_blocks, "residual_scale": factor}
        weights = drawn(0, 2**24, seed=seed + place)  # the seed itself stays on the grader's side
        return {**plan, "watch": watch, "weights": weights, "lr": noise(1, 3, 4, 5, seed=seed + place + 1)}

    training = inputs("losses", 2, 2, place=40)
    training |= {"lr": noise(4, 2, 3, 4, 5, seed=seed + 50), "hr": noise(4, 2, 3, 8, 10, seed=seed + 51)}
    return [
        Case(criterion="parameters", inputs=inputs("parameters", 2, 3)),
        Case(criterion="size", inputs=inputs("size", 2, 1, place=10)),
        Case(criterion="size", inputs=inputs("size", 3, 1, place=12)),
        Case(criterion="image", inputs=inputs("sr", 2, 1, place=20)),
        Case(criterion="factor", inputs=inputs("sr", 2, 2, factor=0.3, place=30)),
        Case(criterion="training", inputs=training),
        Case(criterion="deep", inputs=inputs("sr", 3, 4, factor=0.5, place=60)),
    ]


def _variant(**changes: Any) -> Callable[..., nn.Module]:
    return lambda **plan: _Net(**{**plan, **changes})


EXERCISE = define(
    lesson_05.small_edsr,
    cases=_cases,
    references=(_Net,),
    signs={"too_few_parameters": too_few_parameters, "graph_kept": tensor_among("losses")},
    wrong={
        "no_long_skip": _variant(long_skip=False),
        "no_skip_in_the_block": _variant(block_skip=False),
        "factor_ignored": _variant(residual_scale=1.0),
        "activation_before_the_end": _variant(last_relu=True),
        "gradients_never_cleared": _variant(clears=False),
        "squared_error": _variant(loss=F.mse_loss),
    },
)
