"""Wrong answers to exercise 1.1, the degradation model."""

import torch.nn.functional as F

from autograder.mutants import mutant

OF_SLIPS = {
    "correlated": 2,
    "zeros_at_the_border": 0,
    "another_first_pixel": 0,
    "not_blurred": 0,
    "blurred_late": 0,
    "no_noise": 0,
}


@mutant(3)
def always_by_two(image, kernel, scale, noise):
    wide = F.pad(image, [kernel.shape[0] // 2] * 4, mode="replicate")
    small = F.conv2d(wide[:, None], kernel.flip(0, 1)[None, None])[:, 0, ::2, ::2]
    return small[..., : noise.shape[1], : noise.shape[2]] + noise
