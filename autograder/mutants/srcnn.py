"""Wrong answers to exercise 3.1, SRCNN."""

import torch.nn.functional as F

from autograder.mutants import mutant

OF_SLIPS = {"zeros_at_the_border": 3, "padded_once": 3, "relu_at_the_end": 1, "no_activation": 1, "residual": 1}


@mutant(0)
def no_padding(image, layers):
    for number, (weight, bias) in enumerate(layers):
        image = F.conv2d(image, weight, bias)
        if number < len(layers) - 1:
            image = F.relu(image)
    return image


@mutant(1)
def without_constants(image, layers):
    for number, (weight, _) in enumerate(layers):
        image = F.conv2d(F.pad(image, [weight.shape[-1] // 2] * 4, mode="replicate"), weight)
        if number < len(layers) - 1:
            image = F.relu(image)
    return image
