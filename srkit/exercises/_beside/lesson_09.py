"""How the answers of lesson 9 are run."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.exercises._beside import Answer, Inputs, Unusable, Value

__all__ = ["charbonnier", "content_loss", "cross_entropy", "cycle_loss"]


def charbonnier(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    sr, hr, eps = inputs["sr"], inputs["hr"], inputs["eps"]
    if inputs["watch"] == "value":
        return {"value": answer(sr, hr, eps)}
    sr = sr.clone().requires_grad_()
    value = answer(sr, hr, eps)
    if not isinstance(value, Tensor) or not value.requires_grad:
        raise Unusable("No gradient comes back: the loss should be a tensor computed from sr by tensor operations.")
    return {"gradient": torch.autograd.grad(value.sum(), sr)[0]}


def content_loss(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    weight: Tensor = inputs["weight"]

    def phi(image: Tensor) -> Tensor:
        return F.relu(F.conv2d(image, weight, stride=2))

    sr, hr = inputs["sr"], inputs["hr"]
    if inputs["watch"] == "value":
        return {"value": answer(phi, sr, hr)}
    sr = sr.clone().requires_grad_()
    value = answer(phi, sr, hr)
    if not isinstance(value, Tensor) or not value.requires_grad:
        raise Unusable("No gradient reaches sr: the features of the result must stay in the graph.")
    return {"gradient": torch.autograd.grad(value.sum(), sr)[0]}


SIDES = ("generator", "discriminator")


def cross_entropy(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    losses = answer(inputs["real"], inputs["made"])
    if not isinstance(losses, (tuple, list)) or len(losses) != 2:
        raise Unusable("Return two losses: that of the generator, then that of the discriminator.")
    return {side: loss for side, loss in zip(SIDES, losses, strict=True) if side in inputs["watch"]}


def cycle_loss(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    first, second = inputs["there"], inputs["back"]
    x = inputs["x"].clone().requires_grad_()
    value = answer(lambda image: F.conv2d(image, first), lambda image: F.conv2d(image, second), x)
    if not isinstance(value, Tensor) or not value.requires_grad:
        raise Unusable("No gradient comes back: the loss should be a tensor computed by tensor operations.")
    if inputs["watch"] == "value":
        return {"value": value.detach()}
    return {"value": value.detach(), "gradient": torch.autograd.grad(value.sum(), x)[0]}
