"""How the answers of lesson 5 are run."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from srkit.exercises._beside import Answer, Inputs, Unusable, Value, watched

__all__ = ["plan_of_layers", "recursion_ensemble", "recursive_block", "residual_block", "small_edsr"]


def _layer(weight: Tensor) -> nn.Conv2d:
    layer = nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1, bias=False)
    with torch.no_grad():
        layer.weight.copy_(weight)
    return layer.requires_grad_(False)


def residual_block(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    conv1, conv2 = _layer(inputs["weight1"]), _layer(inputs["weight2"])
    return {"features": answer(inputs["features"], conv1, conv2, inputs["residual_scale"])}


def plan_of_layers(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    costs = answer([tuple(layer) for layer in inputs["plan"]])
    if not isinstance(costs, (tuple, list)) or len(costs) != 3:
        raise Unusable("Three numbers are asked for: return parameters, depth, side.")
    found: dict[str, Value] = dict(zip(("parameters", "depth", "side"), costs, strict=True))
    wanted = {"parameters": ("parameters",), "depth and side": ("depth", "side")}.get(inputs["watch"], tuple(found))
    return {name: found[name] for name in wanted}


def recursive_block(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    block = answer(inputs["channels"], inputs["n_recursions"])
    if not isinstance(block, nn.Module):
        raise Unusable(f"RecursiveBlock(channels, n_recursions) should be an nn.Module; it is {type(block).__name__}.")
    if inputs["watch"] == "parameters":
        return {"number_of_parameters": sum(p.numel() for p in block.parameters())}
    for parameter in block.parameters():  # both convolutions get the same values, so their order does not matter
        value = inputs["weight"] if parameter.ndim == 4 else inputs["bias"]
        if parameter.shape != value.shape:
            raise Unusable(f"A convolution of {inputs['channels']} channels does not have {tuple(parameter.shape)}.")
        parameter.data.copy_(value)
    features: Tensor = block(inputs["features"])
    if inputs["watch"] == "features":
        return {"features": features}
    features.square().mean().backward()  # type: ignore[no-untyped-call]
    gradients = [p.grad for p in block.parameters() if p.ndim == 4 and p.grad is not None]
    return {"gradient": torch.stack(gradients).sum(0) if gradients else None}


def recursion_ensemble(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    weight = inputs["weight"]
    reconstruct = nn.Conv2d(weight.shape[1], 1, 3, padding=1, bias=False)
    with torch.no_grad():
        reconstruct.weight.copy_(weight)
        return {"image": answer(inputs["bicubic"], list(inputs["states"]), reconstruct, inputs["weights"])}


def small_edsr(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    plan = {name: inputs[name] for name in ("scale", "channels", "n_blocks", "residual_scale")}
    return watched(answer(**plan), "SmallEDSR", inputs)
