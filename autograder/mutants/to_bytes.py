"""Wrong answers to exercise 0.2, from a tensor to bytes."""

import torch

from autograder.mutants import mutant


@mutant(1, "cut_off")
def decimals_cut_off(image):
    return (255 * image.clamp(0, 1)).to(torch.uint8)


@mutant(2, "wraps_around")
def nothing_is_limited(image):
    return ((255 * image + 0.5).floor().to(torch.int64) % 256).to(torch.uint8)


@mutant(1, "times_256")
def times_256(image):
    return (256 * image.clamp(0, 1)).clamp(max=255).to(torch.uint8)


@mutant(0, "still_floats")
def never_converted(image):
    return (255 * image.clamp(0, 1)).round()


@mutant(0)
def converted_before_it_is_scaled(image):
    return image.clamp(0, 1).to(torch.uint8) * 255
