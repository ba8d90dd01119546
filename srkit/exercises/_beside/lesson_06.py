"""How the answers of lesson 6 are run."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from srkit.exercises._beside import Answer, Inputs, Unusable, Value, watched

__all__ = ["dense_block", "dense_parameters", "fusion_weights", "multi_scale_block", "raster_mask", "small_rdn"]


def dense_block(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    layers = []
    for weight in inputs["weights"]:
        layer = nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1, bias=False)
        with torch.no_grad():
            layer.weight.copy_(weight)
        layers.append(layer.requires_grad_(False))
    return {"features": answer(inputs["features"], layers)}


def dense_parameters(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    costs = answer(inputs["channels"], inputs["growth"], inputs["n_layers"])
    if not isinstance(costs, (tuple, list)) or len(costs) != 2:
        raise Unusable("Two numbers are asked for: return width, parameters.")
    return {str(inputs["watch"]): costs[0] if inputs["watch"] == "width" else costs[1]}


def multi_scale_block(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    layers = []
    for weight in inputs["weights"]:
        n, m, k, _ = weight.shape
        layer = nn.Conv2d(m, n, k, padding=k // 2, bias=False)
        with torch.no_grad():
            layer.weight.copy_(weight)
        layers.append(layer.requires_grad_(False))
    return {"features": answer(inputs["features"], *layers)}


def fusion_weights(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    return {"weights": answer(inputs["opinions"], inputs["truth"])}


def raster_mask(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    mask = answer(inputs["h"], inputs["w"], inputs["sees_itself"])
    return {"mask": mask.to(torch.get_default_dtype()) if isinstance(mask, Tensor) else mask}


def small_rdn(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    plan = {name: inputs[name] for name in ("scale", "channels", "growth", "n_layers", "n_blocks")}
    return watched(answer(**plan), "SmallRDN", inputs)
