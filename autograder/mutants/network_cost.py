"""Wrong answers to exercise 16.1, the cost of a network."""

import torch
from torch import nn

from autograder.mutants import mutant

OF_SLIPS = {
    "at_the_small_size": 3,
    "groups_ignored": 4,
    "counted_once": 4,
    "with_biases": 0,
    "what_goes_in": 0,
    "weights_only": 0,
}


@mutant(4, "hooks_stay")
def hooks_that_nobody_removes(net, lr):
    total = [0, 0]

    def note(layer, inputs, result):
        total[0] += result.numel() * layer.weight[0].numel()
        total[1] += result.numel()

    for layer in net.modules():
        if isinstance(layer, nn.Conv2d):
            layer.register_forward_hook(note)
    with torch.no_grad():
        net(lr)
    return sum(p.numel() for p in net.parameters()), total[0], total[1]


@mutant(4, "groups_ignored")
def channels_of_the_layer(net, lr):
    total = [0, 0]

    def note(layer, inputs, result):
        total[0] += result.numel() * layer.in_channels * layer.kernel_size[0] * layer.kernel_size[1]
        total[1] += result.numel()

    hooks = [m.register_forward_hook(note) for m in net.modules() if isinstance(m, nn.Conv2d)]
    net(lr)
    for hook in hooks:
        hook.remove()
    return sum(p.numel() for p in net.parameters()), total[0], total[1]


@mutant(0)
def one_place_of_each_layer(net, lr):
    layers = [m for m in net.modules() if isinstance(m, nn.Conv2d)]
    return sum(p.numel() for p in net.parameters()), sum(m.weight.numel() for m in layers), len(layers)
