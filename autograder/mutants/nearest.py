"""Wrong answers to exercise 0.3, nearest neighbour."""

import torch

from autograder.mutants import mutant


@mutant(0, "tiled")
def the_image_repeated(image, scale):
    return image.repeat(1, scale, scale)


@mutant(0, "one_direction")
def wider_and_not_higher(image, scale):
    return image.repeat_interleave(scale, 2)


@mutant(0, "zeros_between")
def zeros_between_the_pixels(image, scale):
    c, h, w = image.shape
    large = torch.zeros(c, scale * h, scale * w)
    large[:, ::scale, ::scale] = image
    return large


@mutant(2, "always_two")
def always_by_two(image, scale):
    return image.repeat_interleave(2, 1).repeat_interleave(2, 2)


@mutant(1)
def square_images_only(image, scale):
    rows = torch.arange(scale * image.shape[1]) // scale
    return image[:, rows][:, :, rows % image.shape[2]]
