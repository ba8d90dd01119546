"""How the answers of lesson 9 are run."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.exercises._beside import Answer, Inputs, Unusable, Value, fill

__all__ = ["adversarial_step", "charbonnier", "content_loss", "cross_entropy", "cycle_loss"]


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


TERMS = ("pixel", "content", "adversarial")


def adversarial_step(answer: Answer, inputs: Inputs) -> dict[str, Value]:
    generator = nn.Sequential(nn.Conv2d(3, 12, 3, padding=1), nn.PixelShuffle(2))
    discriminator = nn.Sequential(nn.Conv2d(3, 4, 3, stride=2), nn.LeakyReLU(0.2), nn.Conv2d(4, 1, 3))
    features = nn.Sequential(nn.Conv2d(3, 5, 3, stride=2), nn.ReLU()).requires_grad_(False)
    for net in (generator, discriminator, features):
        fill(net, inputs["seed"])
    optimisers = tuple(torch.optim.SGD(net.parameters(), lr=0.3) for net in (generator, discriminator))
    weights = dict(zip(TERMS, inputs["weights"], strict=True))
    for lr, hr in zip(inputs["lr"], inputs["hr"], strict=True):
        found = answer(generator, discriminator, optimisers, features, weights, lr, hr)
    if not isinstance(found, dict):
        raise Unusable(f"Return a dict of the losses by name; yours is {type(found).__name__}.")
    found |= {"generator_weights": generator[0].weight, "discriminator_weights": discriminator[0].weight}
    if missing := [name for name in inputs["watch"] if name not in found]:
        raise Unusable(f"The dict of the losses lacks {' and '.join(missing)}.")
    return {name: found[name] for name in inputs["watch"]}
