"""Wrong answers to exercise 0.2, from a tensor to bytes."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {"cut_off": 1, "wraps_around": 2, "times_256": 1}


@mutant(0, "still_floats")
def never_converted(image):
    return (255 * image.clamp(0, 1)).round()


@mutant(0)
def converted_before_it_is_scaled(image):
    return image.clamp(0, 1).to(torch.uint8) * 255
