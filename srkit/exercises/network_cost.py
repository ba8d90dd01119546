"""Exercise 16.1: what a network costs, counted while it runs."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from srkit.exercises._beside import Inputs, Outputs, lesson_16
from srkit.exercises._model import Case, define, noise

__all__ = ["EXERCISE"]

Cost = tuple[int, int, int]


def _reference(
    net: nn.Module, lr: Tensor, *, groups: bool = True, once: bool = False, biases: bool = False, given: bool = False
) -> Cost:
    """Count; the options are misconceptions: grouped layers as dense, each layer once, biases, what goes in."""
    total = {"multiply_adds": 0, "activations": 0}
    seen = set()

    def note(layer: nn.Module, inputs: tuple[Tensor, ...], result: Tensor) -> None:
        if once and layer in seen:
            return
        seen.add(layer)
        weight = layer.get_parameter("weight")
        per_value = weight[0].numel() if groups else inputs[0].shape[1] * weight[0, 0].numel()
        total["multiply_adds"] += result.numel() * (per_value + biases)
        total["activations"] += inputs[0].numel() if given else result.numel()

    hooks = [layer.register_forward_hook(note) for layer in net.modules() if isinstance(layer, nn.Conv2d)]
    with torch.no_grad():
        net(lr)
    for hook in hooks:
        hook.remove()
    return sum(weight.numel() for weight in net.parameters()), total["multiply_adds"], total["activations"]


def _at_the_small_size(net: nn.Module, lr: Tensor) -> Cost:
    """Count from the list of layers alone, as if each ran once at the size of the input."""
    layers = [layer for layer in net.modules() if isinstance(layer, nn.Conv2d)]
    places = lr.shape[0] * lr.shape[-2] * lr.shape[-1]
    parameters = sum(weight.numel() for weight in net.parameters())
    return (
        parameters,
        sum(layer.weight.numel() * places for layer in layers),
        sum(layer.out_channels * places for layer in layers),
    )


def _weights_only(net: nn.Module, lr: Tensor) -> Cost:
    _, multiply_adds, activations = _reference(net, lr)
    return sum(weight.numel() for weight in net.parameters() if weight.ndim > 1), multiply_adds, activations


def _hooks_stay(inputs: Inputs, outputs: Outputs, expected: Outputs) -> bool:
    left = outputs.get("hooks_left")
    return isinstance(left, int) and left > 0


def _cases(seed: int) -> list[Case]:
    channels = 4 * (2 + int(6 * float(noise(1, seed=seed + 9))))

    def case(criterion: str, kind: str, *, groups: int = 1, watch: str = "numbers", size: int = 6) -> Case:
        lr = noise(1, 3, size, size + 2, seed=seed + len(kind))
        inputs = {"kind": kind, "channels": channels, "groups": groups, "lr": lr, "watch": watch}
        return Case(criterion=criterion, inputs=inputs)

    return [
        case("layers", "one"),
        case("layers", "stack"),
        case("grouped", "grouped", groups=4),
        case("sizes", "strided"),
        case("twice", "twice"),
        case("left", "stack", watch="left", size=8),
    ]


EXERCISE = define(
    lesson_16.network_cost,
    cases=_cases,
    references=(_reference,),
    signs={
        "hooks_stay": _hooks_stay,
    },
    wrong={
        "at_the_small_size": _at_the_small_size,
        "groups_ignored": lambda net, lr: _reference(net, lr, groups=False),
        "counted_once": lambda net, lr: _reference(net, lr, once=True),
        "with_biases": lambda net, lr: _reference(net, lr, biases=True),
        "what_goes_in": lambda net, lr: _reference(net, lr, given=True),
        "weights_only": _weights_only,
    },
)
