"""Wrong answers to exercise 4.1, zeros between the pixels."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {"zeros_at_the_end": 0, "copied": 0, "one_direction": 0, "stride_zeros": 0}


@mutant(2)
def always_stride_two(image, stride):
    c, h, w = image.shape
    large = torch.zeros(c, 2 * h - 1, 2 * w - 1)
    large[:, ::2, ::2] = image
    return large
