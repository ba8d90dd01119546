"""Wrong answers to exercise 12.3, convolution."""

import torch.nn.functional as F

from autograder.mutants import mutant


@mutant(0, "correlation")
def a_convolution_layer(image, kernel):
    padded = F.pad(image[:, None], [kernel.shape[0] // 2] * 4, mode="replicate")
    return F.conv2d(padded, kernel[None, None])[:, 0]


@mutant(0, "transposed_kernel")
def mirrored_at_the_diagonal(image, kernel):
    padded = F.pad(image[:, None], [kernel.shape[0] // 2] * 4, mode="replicate")
    return F.conv2d(padded, kernel.T[None, None])[:, 0]


@mutant(0, "mirrored_once")
def mirrored_left_to_right(image, kernel):
    padded = F.pad(image[:, None], [kernel.shape[0] // 2] * 4, mode="replicate")
    return F.conv2d(padded, kernel.flip(1)[None, None])[:, 0]


@mutant(2, "dark_edge")
def zeros_outside(image, kernel):
    return F.conv2d(image[:, None], kernel.flip(0, 1)[None, None], padding=kernel.shape[0] // 2)[:, 0]


@mutant(0, "no_margin")
def without_a_margin(image, kernel):
    return F.conv2d(image[:, None], kernel.flip(0, 1)[None, None])[:, 0]


@mutant(3)
def channels_added_up(image, kernel):
    padded = F.pad(image[None], [kernel.shape[0] // 2] * 4, mode="replicate")
    weight = kernel.flip(0, 1).expand(1, len(image), -1, -1)
    return F.conv2d(padded, weight)[0].expand(len(image), -1, -1)
