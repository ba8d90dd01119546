"""Wrong answers to exercise 14.2, the two bands."""

import torch.nn.functional as F

from autograder.mutants import mutant

OF_SLIPS = {
    "dark_edge": 1,
    "repeated_edge": 1,
    "mirrored_edge": 1,
    "fast_and_slow": 0,
    "for_the_discriminator": 1,
    "blocks": 0,
}


@mutant(0, "across_colours")
def colours_averaged_too(image, size):
    low = F.avg_pool2d(image.mean(1, keepdim=True), size, 1, size // 2, count_include_pad=False).expand_as(image)
    return low, image - low


@mutant(0)
def no_margin(image, size):
    low, r = F.avg_pool2d(image, size, 1), size // 2
    return low, image[..., r:-r, r:-r] - low
