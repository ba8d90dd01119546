"""Exercise 03.1: the three convolutions of SRCNN, on an image that was enlarged before."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import Value, lesson_03
from srkit.exercises._model import Case, define, noise
from srkit.models.srcnn import SRCNN

__all__ = ["EXERCISE"]

Layers = Sequence[tuple[Tensor, Tensor]]


def _library(image: Tensor, layers: Layers) -> Tensor:
    first, second, last = (weight for weight, _ in layers)
    net = SRCNN(
        scale=1, channels=(len(first), len(second)), sizes=(first.shape[-1], second.shape[-1], last.shape[-1])
    ).to(image.dtype)
    for layer, (weight, bias) in zip((net.extract, net.map, net.reconstruct), layers, strict=True):
        layer.weight.data.copy_(weight)
        layer.bias.data.copy_(bias)  # type: ignore[union-attr]  # it has one
    return net.enlarge_luma(image).detach()


def _wrong(
    image: Tensor, layers: Layers, *, border: str = "replicate", active: bool = True, last: bool = False
) -> Tensor:
    for number, (weight, bias) in enumerate(layers):
        image = F.conv2d(F.pad(image, [weight.shape[-1] // 2] * 4, mode=border), weight, bias)
        if active and (last or number + 1 < len(layers)):
            image = image.relu()
    return image


def _padded_once(image: Tensor, layers: Layers) -> Tensor:
    image = F.pad(image, [sum(weight.shape[-1] // 2 for weight, _ in layers)] * 4, mode="replicate")
    for number, (weight, bias) in enumerate(layers):
        image = F.conv2d(image.relu() if number else image, weight, bias)
    return image


def _inputs(watch: str, seed: int, *, batch: int = 1, sizes: tuple[int, int, int] = (5, 3, 3)) -> dict[str, Value]:
    found: dict[str, Value] = {"image": noise(batch, 1, 17, 19, seed=seed), "watch": watch}
    for number, (size, into, out) in enumerate(zip(sizes, (1, 6, 4), (6, 4, 1), strict=True), start=1):
        weight = noise(out, into, size, size, seed=seed + number)
        weight = weight - weight.mean((1, 2, 3) if number < 3 else (2, 3), keepdim=True)  # results of both signs
        found[f"weight_{number}"] = 4 * weight / (into * size * size) ** 0.5
        found[f"bias_{number}"] = 0.2 * (noise(out, seed=seed + 10 + number) - 0.5)
    return found


def _cases(seed: int) -> list[Case]:
    return [
        Case(criterion="size", inputs=_inputs("size", seed, batch=2)),
        Case(criterion="middle", inputs=_inputs("middle", seed + 20)),
        Case(criterion="border", inputs=_inputs("image", seed + 40)),
        Case(criterion="kernels", inputs=_inputs("image", seed + 60, sizes=(9, 1, 5))),
    ]


EXERCISE = define(
    lesson_03.srcnn,
    cases=_cases,
    references=(_library,),
    wrong={
        "zeros_at_the_border": lambda image, layers: _wrong(image, layers, border="constant"),
        "padded_once": _padded_once,
        "relu_at_the_end": lambda image, layers: _wrong(image, layers, last=True),
        "no_activation": lambda image, layers: _wrong(image, layers, active=False),
        "residual": lambda image, layers: image + _wrong(image, layers),
    },
)
