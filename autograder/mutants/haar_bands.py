"""Wrong answers to exercise 8.3, one level of the Haar transform."""

import torch

from autograder.mutants import mutant


@mutant(0, "mean")
def a_mean_of_four(image):
    a, b = image[..., 0::2, 0::2], image[..., 0::2, 1::2]
    c, d = image[..., 1::2, 0::2], image[..., 1::2, 1::2]
    return torch.cat([a + b + c + d, a - b + c - d, a + b - c - d, a - b - c + d], dim=1) / 4


@mutant(0, "sum")
def nothing_divided(image):
    a, b = image[..., 0::2, 0::2], image[..., 0::2, 1::2]
    c, d = image[..., 1::2, 0::2], image[..., 1::2, 1::2]
    return torch.cat([a + b + c + d, a - b + c - d, a + b - c - d, a - b - c + d], dim=1)


@mutant(1, "bands_swapped")
def rows_before_columns(image):
    a, b = image[..., 0::2, 0::2], image[..., 0::2, 1::2]
    c, d = image[..., 1::2, 0::2], image[..., 1::2, 1::2]
    return torch.cat([a + b + c + d, a + b - c - d, a - b + c - d, a - b - c + d], dim=1) / 2


@mutant(1, "other_sign")
def right_minus_left(image):
    a, b = image[..., 0::2, 0::2], image[..., 0::2, 1::2]
    c, d = image[..., 1::2, 0::2], image[..., 1::2, 1::2]
    return torch.cat([a + b + c + d, b - a + d - c, c + d - a - b, a - b - c + d], dim=1) / 2


@mutant(3, "channel_by_channel")
def the_bands_of_one_channel_side_by_side(image):
    a, b = image[..., 0::2, 0::2], image[..., 0::2, 1::2]
    c, d = image[..., 1::2, 0::2], image[..., 1::2, 1::2]
    bands = torch.stack([a + b + c + d, a - b + c - d, a + b - c - d, a - b - c + d], dim=2) / 2
    return bands.flatten(1, 2)


@mutant(1, "quarters")
def the_quarters_of_the_image(image):
    h, w = image.shape[2] // 2, image.shape[3] // 2
    a, b, c, d = image[..., :h, :w], image[..., :h, w:], image[..., h:, :w], image[..., h:, w:]
    return torch.cat([a + b + c + d, a - b + c - d, a + b - c - d, a - b - c + d], dim=1) / 2
