"""Exercise 03.3: a network that computes on the small image and enlarges last."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import Value, lesson_03
from srkit.exercises._model import Case, define, noise
from srkit.models.espcn import ESPCN

__all__ = ["EXERCISE"]

Layers = Sequence[tuple[Tensor, Tensor]]


def _library(image: Tensor, layers: Layers, scale: int) -> Tensor:
    net = ESPCN(scale=scale, channels=(len(layers[0][0]), len(layers[1][0]))).to(image.dtype)
    for layer, (weight, bias) in zip((net.extract, net.map, net.pixels), layers, strict=True):
        layer.weight.data.copy_(weight)
        layer.bias.data.copy_(bias)  # type: ignore[union-attr]  # it has one
    return net.enlarge_luma(image).detach()


def _body(image: Tensor, layers: Layers, *, active: str = "tanh", last: bool = False) -> Tensor:
    for number, (weight, bias) in enumerate(layers):
        image = F.conv2d(image, weight, bias, padding=weight.shape[-1] // 2)
        if active != "none" and (last or number + 1 < len(layers)):
            image = image.tanh() if active == "tanh" else image.relu()
    return image


def _phases_turned(image: Tensor, layers: Layers, scale: int) -> Tensor:
    turned = F.pixel_shuffle(_body(image, layers).transpose(-2, -1), scale)
    return turned.transpose(-2, -1)


def _inputs(watch: str, seed: int, *, scale: int = 2, batch: int = 1) -> dict[str, Value]:
    found: dict[str, Value] = {"image": noise(batch, 1, 9, 11, seed=seed), "scale": scale, "watch": watch}
    sizes = zip((5, 3, 3), (1, 6, 4), (6, 4, scale * scale), strict=True)
    for number, (size, into, out) in enumerate(sizes, start=1):
        found[f"weight_{number}"] = 4 * (noise(out, into, size, size, seed=seed + number) - 0.5) / into**0.5
        found[f"bias_{number}"] = noise(out, seed=seed + 10 + number) - 0.5
    return found


def _cases(seed: int) -> list[Case]:
    return [
        Case(criterion="size", inputs=_inputs("size", seed, batch=2)),
        Case(criterion="image", inputs=_inputs("image", seed + 20)),
        Case(criterion="scale", inputs=_inputs("image", seed + 40, scale=3)),
    ]


EXERCISE = define(
    lesson_03.espcn,
    cases=_cases,
    references=(_library,),
    wrong={
        "tanh_at_the_end": lambda image, layers, scale: F.pixel_shuffle(_body(image, layers, last=True), scale),
        "relu": lambda image, layers, scale: F.pixel_shuffle(_body(image, layers, active="relu"), scale),
        "no_activation": lambda image, layers, scale: F.pixel_shuffle(_body(image, layers, active="none"), scale),
        "phases_turned": _phases_turned,
    },
)
