"""How the answers of lesson 16 are run."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.exercises._beside import Answer, Inputs, Unusable, Value

__all__ = ["distil", "fold_branches", "fold_chain", "network_cost", "quick"]


def distil(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    features = inputs["features"]
    layers = [partial(F.conv2d, weight=weight.to(features), padding=1) for weight in inputs["weights"]]
    maps = answer(features, layers, inputs["keep"])
    return {"maps": maps[:, inputs["begin"] :] if isinstance(maps, Tensor) else maps}


class _Twice(nn.Module):
    """One convolution, applied two times."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layer = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, features: Tensor) -> Tensor:
        """Map ``(b, c, h, w)`` to the same shape."""
        again: Tensor = self.layer(F.relu(self.layer(features)))
        return again


def _network(kind: str, channels: int, groups: int) -> nn.Module:
    first = nn.Conv2d(3, channels, 3, padding=1)
    if kind == "one":
        return first
    last = nn.Conv2d(channels, 12, 3, padding=1)
    halved = nn.Conv2d(channels, channels, 3, stride=2, padding=1)
    middles: dict[str, list[nn.Module]] = {
        "stack": [nn.Conv2d(channels, channels, 5, padding=2), nn.ReLU(), nn.Conv2d(channels, channels, 1)],
        "grouped": [nn.Conv2d(channels, channels, 3, padding=1, groups=groups)],
        "strided": [halved, nn.Upsample(scale_factor=2)],
        "twice": [halved, _Twice(channels), nn.Upsample(scale_factor=2)],
    }
    return nn.Sequential(first, nn.ReLU(), *middles[kind], last, nn.PixelShuffle(2))


def network_cost(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    net = _network(inputs["kind"], inputs["channels"], inputs["groups"])
    found = answer(net, inputs["lr"])
    if not isinstance(found, (tuple, list)) or len(found) != 3:
        raise Unusable("Three numbers are asked for: (parameters, multiply-adds, activations).")
    if inputs["watch"] == "left":
        hooks = sum(len(layer._forward_hooks) + len(layer._forward_pre_hooks) for layer in net.modules())
        return {"hooks_left": hooks, "numbers": [int(number) for number in found]}
    return {"parameters": int(found[0]), "multiply_adds": int(found[1]), "activations": int(found[2])}


def _layer(found: Any) -> tuple[Tensor, Tensor]:
    if not isinstance(found, (tuple, list)) or len(found) != 2 or not all(isinstance(part, Tensor) for part in found):
        raise Unusable("A pair of tensors is asked for: (kernel, bias).")
    return found[0], found[1]


def fold_branches(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    kernel, bias = _layer(answer(inputs["three"], inputs["three_bias"], inputs["one"], inputs["one_bias"]))
    both: dict[str, Value] = {"kernel": kernel, "bias": bias}
    return both if inputs["watch"] == "both" else {inputs["watch"]: both[inputs["watch"]]}


def fold_chain(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    kernel, bias = _layer(answer(inputs["one"], inputs["one_bias"], inputs["three"], inputs["three_bias"]))
    both: dict[str, Value] = {"kernel": kernel, "bias": bias}
    return both if inputs["watch"] == "both" else {inputs["watch"]: both[inputs["watch"]]}


def quick(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    scale, watch = inputs["scale"], inputs["watch"]
    net = answer(scale=scale, channels=inputs["channels"], n_blocks=inputs["n_blocks"])
    if not isinstance(net, nn.Module):
        raise Unusable(f"Quick(scale, channels, n_blocks) should be an nn.Module; it is {type(net).__name__}.")
    plain: Any = getattr(net, "plain", None)
    if watch == "plain" and not callable(plain):
        raise Unusable("Quick needs a method plain() that returns the list of (kernel, bias).")
    if watch == "parameters":
        shapes = sorted(",".join(map(str, weight.shape)) for weight in net.parameters())
        return {"number_of_parameters": sum(weight.numel() for weight in net.parameters()), "shapes": shapes}
    for weight in net.parameters():  # values that depend on the shape alone, whatever a layer is called
        draw = torch.Generator().manual_seed(zlib.crc32(f"{inputs['seed']}:{tuple(weight.shape)}".encode()))
        values = torch.rand(weight.shape, generator=draw, dtype=torch.float32) - 0.5
        weight.data.copy_(values * inputs["strength"])
    with torch.no_grad():
        if watch == "sr":
            return {"sr": net.eval()(inputs["lr"])}
        return {"sr": _through(plain(), inputs["lr"], scale)}


def _through(layers: Sequence[Any], lr: Tensor, scale: int) -> Tensor:
    """Run plain 3x3 layers with a ReLU between any two, and add the repeated pixels."""
    features = lr
    for index, layer in enumerate(layers):
        kernel, bias = _layer(layer)
        features = F.conv2d(F.relu(features) if index else features, kernel, bias, padding=1)  # (b, c, h, w)
    return F.pixel_shuffle(features, scale) + F.interpolate(lr, scale_factor=float(scale), mode="nearest")
