"""Wrong answers to exercise 12.3, convolution."""

import torch.nn.functional as F

from autograder.mutants import mutant

OF_SLIPS = {"correlation": 0, "transposed_kernel": 0, "mirrored_once": 0, "dark_edge": 2, "no_margin": 0}


@mutant(3)
def channels_added_up(image, kernel):
    padded = F.pad(image[None], [kernel.shape[0] // 2] * 4, mode="replicate")
    weight = kernel.flip(0, 1).expand(1, len(image), -1, -1)
    return F.conv2d(padded, weight)[0].expand(len(image), -1, -1)
