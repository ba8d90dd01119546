"""Wrong answers to exercise 12.1, the round Gaussian kernel."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {
    "two_forgotten": 0,
    "not_normalised": 0,
    "textbook_constant": 0,
    "middle_on_a_pixel": 3,
    "distance_not_squared": 0,
}


@mutant(0, "variance_for_width")
def sigma_taken_for_the_variance(size, sigma):
    line = torch.arange(size) - (size - 1) / 2
    kernel = torch.exp(-(line[:, None] ** 2 + line**2) / (2 * sigma))
    return kernel / kernel.sum()
