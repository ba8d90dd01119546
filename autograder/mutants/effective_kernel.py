"""Wrong answers to exercise 13.3, many layers, one kernel."""

import torch
import torch.nn.functional as F

from autograder.mutants import mutant


@mutant(0, "turned")
def a_dot_sent_through(layers):
    x, step = torch.ones(1, 1, 1, 1), 1
    for weight, stride in layers:
        x = F.conv2d(x, weight, padding=step * (weight.shape[-1] - 1), dilation=step)
        step *= stride
    return x[0, 0]


@mutant(3, "strides_forgotten")
def as_if_no_layer_had_a_stride(layers):
    x = torch.ones(1, 1, 1, 1)
    for weight, _ in layers:
        x = F.conv2d(x, weight, padding=weight.shape[-1] - 1)
    return x[0, 0].flip(0, 1)


@mutant(2, "first_channel")
def one_channel_of_many(layers):
    x = torch.ones(1, 1, 1, 1)
    for weight, stride in reversed(layers):
        x = F.conv_transpose2d(x, weight[:1, :1], stride=stride)
    return x[0, 0]


@mutant(1)
def the_first_layer(layers):
    return layers[0][0][0, 0]


@mutant(2)
def from_the_first_to_the_last(layers):
    x = torch.ones(1, 1, 1, 1)
    for weight, stride in layers:
        x = F.conv_transpose2d(x, weight.transpose(0, 1).sum((0, 1), keepdim=True), stride=stride)
    return x[0, 0]
