"""Wrong answers to exercise 3.1, SRCNN."""

import torch.nn.functional as F

from autograder.mutants import mutant


@mutant(3, "zeros_at_the_border")
def zeros_around_every_layer(image, layers):
    for number, (weight, bias) in enumerate(layers):
        image = F.conv2d(image, weight, bias, padding=weight.shape[-1] // 2)
        if number < len(layers) - 1:
            image = F.relu(image)
    return image


@mutant(3, "padded_once")
def one_frame_for_all_layers(image, layers):
    frame = sum(weight.shape[-1] // 2 for weight, _ in layers)
    image = F.pad(image, [frame] * 4, mode="replicate")
    for number, (weight, bias) in enumerate(layers):
        image = F.conv2d(image, weight, bias)
        if number < len(layers) - 1:
            image = F.relu(image)
    return image


@mutant(1, "relu_at_the_end")
def an_activation_after_every_layer(image, layers):
    for weight, bias in layers:
        image = F.relu(F.conv2d(F.pad(image, [weight.shape[-1] // 2] * 4, mode="replicate"), weight, bias))
    return image


@mutant(1, "no_activation")
def three_convolutions_in_a_row(image, layers):
    for weight, bias in layers:
        image = F.conv2d(F.pad(image, [weight.shape[-1] // 2] * 4, mode="replicate"), weight, bias)
    return image


@mutant(1, "residual")
def added_to_the_input(image, layers):
    result = image
    for number, (weight, bias) in enumerate(layers):
        result = F.conv2d(F.pad(result, [weight.shape[-1] // 2] * 4, mode="replicate"), weight, bias)
        if number < len(layers) - 1:
            result = F.relu(result)
    return image + result


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
