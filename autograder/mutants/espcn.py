"""Wrong answers to exercise 3.3, ESPCN."""

import torch
import torch.nn.functional as F

from autograder.mutants import mutant

OF_SLIPS = {"tanh_at_the_end": 1, "relu": 1, "no_activation": 1, "phases_turned": 1}


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
