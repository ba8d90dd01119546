"""Wrong answers to exercise 3.3, ESPCN."""

import torch
import torch.nn.functional as F

from autograder.mutants import mutant


@mutant(1, "tanh_at_the_end")
def an_activation_after_every_layer(image, layers, scale):
    for weight, bias in layers:
        image = torch.tanh(F.conv2d(image, weight, bias, padding=weight.shape[-1] // 2))
    return F.pixel_shuffle(image, scale)


@mutant(1, "relu")
def activations_of_srcnn(image, layers, scale):
    for number, (weight, bias) in enumerate(layers):
        image = F.conv2d(image, weight, bias, padding=weight.shape[-1] // 2)
        if number < len(layers) - 1:
            image = F.relu(image)
    return F.pixel_shuffle(image, scale)


@mutant(1, "no_activation")
def three_convolutions_in_a_row(image, layers, scale):
    for weight, bias in layers:
        image = F.conv2d(image, weight, bias, padding=weight.shape[-1] // 2)
    return F.pixel_shuffle(image, scale)


@mutant(1, "phases_turned")
def rows_and_columns_exchanged(image, layers, scale):
    for number, (weight, bias) in enumerate(layers):
        image = F.conv2d(image, weight, bias, padding=weight.shape[-1] // 2)
        if number < len(layers) - 1:
            image = torch.tanh(image)
    return F.pixel_shuffle(image.transpose(-2, -1), scale).transpose(-2, -1)


@mutant(0)
def enlarged_before(image, layers, scale):
    image = F.interpolate(image, scale_factor=scale, mode="bicubic")
    for number, (weight, bias) in enumerate(layers):
        image = F.conv2d(image, weight, bias, padding=weight.shape[-1] // 2)
        if number < len(layers) - 1:
            image = torch.tanh(image)
    return image


@mutant(3)
def always_by_two(image, layers, scale):
    for number, (weight, bias) in enumerate(layers):
        image = F.conv2d(image, weight, bias, padding=weight.shape[-1] // 2)
        if number < len(layers) - 1:
            image = torch.tanh(image)
    return F.pixel_shuffle(image, 2)
