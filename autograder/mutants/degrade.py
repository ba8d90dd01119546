"""Wrong answers to exercise 1.1, the degradation model."""

import torch.nn.functional as F

from autograder.mutants import mutant


@mutant(2, "correlated")
def kernel_not_turned(image, kernel, scale, noise):
    wide = F.pad(image, [kernel.shape[0] // 2] * 4, mode="replicate")
    return F.conv2d(wide[:, None], kernel[None, None])[:, 0, ::scale, ::scale] + noise


@mutant(0, "zeros_at_the_border")
def black_around(image, kernel, scale, noise):
    blurred = F.conv2d(image[:, None], kernel.flip(0, 1)[None, None], padding=kernel.shape[0] // 2)
    return blurred[:, 0, ::scale, ::scale] + noise


@mutant(0, "another_first_pixel")
def second_pixel_of_each_square(image, kernel, scale, noise):
    wide = F.pad(image, [kernel.shape[0] // 2] * 4, mode="replicate")
    return F.conv2d(wide[:, None], kernel.flip(0, 1)[None, None])[:, 0, 1::scale, 1::scale] + noise


@mutant(0, "not_blurred")
def only_reduced(image, kernel, scale, noise):
    return image[:, ::scale, ::scale] + noise


@mutant(0, "blurred_late")
def reduced_first(image, kernel, scale, noise):
    wide = F.pad(image[:, ::scale, ::scale], [kernel.shape[0] // 2] * 4, mode="replicate")
    return F.conv2d(wide[:, None], kernel.flip(0, 1)[None, None])[:, 0] + noise


@mutant(0, "no_noise")
def without_noise(image, kernel, scale, noise):
    wide = F.pad(image, [kernel.shape[0] // 2] * 4, mode="replicate")
    return F.conv2d(wide[:, None], kernel.flip(0, 1)[None, None])[:, 0, ::scale, ::scale]


@mutant(3)
def always_by_two(image, kernel, scale, noise):
    wide = F.pad(image, [kernel.shape[0] // 2] * 4, mode="replicate")
    small = F.conv2d(wide[:, None], kernel.flip(0, 1)[None, None])[:, 0, ::2, ::2]
    return small[..., : noise.shape[1], : noise.shape[2]] + noise
