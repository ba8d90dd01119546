"""Wrong answers to exercise 14.2, the two bands."""

import torch.nn.functional as F

from autograder.mutants import mutant


@mutant(1, "dark_edge")
def zeros_outside_count(image, size):
    low = F.avg_pool2d(image, size, 1, size // 2)
    return low, image - low


@mutant(1, "repeated_edge")
def outermost_pixels_repeated(image, size):
    low = F.avg_pool2d(F.pad(image, [size // 2] * 4, mode="replicate"), size, 1)
    return low, image - low


@mutant(1, "mirrored_edge")
def mirrored_at_the_edge(image, size):
    low = F.avg_pool2d(F.pad(image, [size // 2] * 4, mode="reflect"), size, 1)
    return low, image - low


@mutant(0, "fast_and_slow")
def fast_part_first(image, size):
    low = F.avg_pool2d(image, size, 1, size // 2, count_include_pad=False)
    return image - low, low


@mutant(1, "for_the_discriminator")
def fast_part_as_a_discriminator_sees_it(image, size):
    low = F.avg_pool2d(image, size, 1, size // 2, count_include_pad=False)
    return low, 0.5 + 0.5 * (image - low)


@mutant(0, "across_colours")
def colours_averaged_too(image, size):
    low = F.avg_pool2d(image.mean(1, keepdim=True), size, 1, size // 2, count_include_pad=False).expand_as(image)
    return low, image - low


@mutant(0, "blocks")
def squares_side_by_side(image, size):
    blocks = F.avg_pool2d(image, size, ceil_mode=True)
    low = blocks.repeat_interleave(size, 2).repeat_interleave(size, 3)[..., : image.shape[2], : image.shape[3]]
    return low, image - low


@mutant(0)
def no_margin(image, size):
    low, r = F.avg_pool2d(image, size, 1), size // 2
    return low, image[..., r:-r, r:-r] - low
