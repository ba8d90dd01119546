"""How the answers of lesson 14 are run."""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import Answer, Inputs, Unusable, Value

__all__ = ["image_step", "inner_cycle", "radial_spectrum", "two_bands"]


def radial_spectrum(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"power": answer(inputs["image"], inputs["rings"])}


def two_bands(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    image, size, r = inputs["image"], inputs["size"], inputs["size"] // 2
    given = answer(image, size)
    if not isinstance(given, Sequence) or len(given) != 2 or not all(isinstance(one, Tensor) for one in given):
        raise Unusable("Two tensors are asked for, first the slow part, then the fast one.")
    low, high = given
    if low.shape != image.shape or high.shape != image.shape:
        raise Unusable(f"Both parts have the shape {tuple(image.shape)} of the image; yours: {tuple(low.shape)}.")
    if inputs["watch"] == "sum":
        return {"sum": low + high, "mean of high": high.mean((2, 3))}
    if inputs["watch"] == "inside":
        return {"low": low[..., r:-r, r:-r]}
    return {"low": low, "high": high}


TERMS = ("game", "cycle", "identity", "smooth")


def inner_cycle(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    nets = (lambda image, weight=inputs[name]: F.conv2d(image, weight) for name in ("clean", "spoil", "discriminator"))
    given = answer(*nets, inputs["x"], inputs["y"])
    if isinstance(given, Tensor) or not isinstance(given, Sequence) or len(given) != len(TERMS):
        raise Unusable(
            "Four terms are asked for, in order: the discriminator, the cycle, the identity, the smoothness."
        )
    return {TERMS[inputs["watch"]]: given[inputs["watch"]]}


def image_step(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    x, y, kernel = inputs["x"], inputs["y"], inputs["kernel"]
    return {"image": answer(x, y, kernel, inputs["scale"], inputs["step"])}
