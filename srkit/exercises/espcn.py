"""Exercise 03.3: a network that computes on the small image and enlarges last."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import Value, lesson_03
from srkit.exercises._model import Case, Criterion, Exercise, Slip, Tolerance, noise
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


EXERCISE = Exercise(
    answer="espcn",
    number="3.3",
    title="ESPCN",
    difficulty=2,
    importance=5,
    minutes=10,
    criteria=(
        Criterion(name="size", points=1, text="the result is scale times as high and as wide"),
        Criterion(name="image", points=2, text="every pixel is right"),
        Criterion(name="scale", points=1, text="another scale works", hidden=True),
    ),
    cases=_cases,
    perform=lesson_03.espcn,
    references=(_library,),
    tolerance=Tolerance(
        absolute=5e-5, relative=1e-4, reason="float32 sums of a hundred products in another order differ by 1e-6"
    ),
    slips={
        "tanh_at_the_end": Slip(
            "No pixel of yours is beyond -1 and 1: is there an activation after the last layer?",
            wrong=lambda image, layers, scale: F.pixel_shuffle(_body(image, layers, last=True), scale),
        ),
        "relu": Slip(
            "Your features are never negative. Which activation does ESPCN have?",
            wrong=lambda image, layers, scale: F.pixel_shuffle(_body(image, layers, active="relu"), scale),
        ),
        "no_activation": Slip(
            "Without activations three convolutions are one.",
            wrong=lambda image, layers, scale: F.pixel_shuffle(_body(image, layers, active="none"), scale),
        ),
        "phases_turned": Slip("Rows and columns within each small square have changed places.", wrong=_phases_turned),
    },
    avoid=(),
    hints=(
        "How many channels does the last layer give for each small pixel, and how many large pixels lie there?",
        "Convolve with padding of half the kernel, tanh between the layers; the last layer's channels are then laid "
        "out as pixels by F.pixel_shuffle.",
        "Begin with: for number, (weight, bias) in enumerate(layers): as in SRCNN, but on the small image.",
    ),
    hides=("srkit.models.espcn:ESPCN",),
)
