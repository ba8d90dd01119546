"""Wrong answers to exercise 0.3, nearest neighbour."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {"tiled": 0, "one_direction": 0, "zeros_between": 0, "always_two": 2}


@mutant(1)
def square_images_only(image, scale):
    rows = torch.arange(scale * image.shape[1]) // scale
    return image[:, rows][:, :, rows % image.shape[2]]
