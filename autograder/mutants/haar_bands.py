"""Wrong answers to exercise 8.3, one level of the Haar transform."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {"mean": 0, "sum": 0, "bands_swapped": 1, "channel_by_channel": 3, "quarters": 1}


@mutant(1, "other_sign")
def right_minus_left(image):
    a, b = image[..., 0::2, 0::2], image[..., 0::2, 1::2]
    c, d = image[..., 1::2, 0::2], image[..., 1::2, 1::2]
    return torch.cat([a + b + c + d, b - a + d - c, c + d - a - b, a - b - c + d], dim=1) / 2
