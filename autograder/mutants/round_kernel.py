"""Wrong answers to exercise 12.1, the round Gaussian kernel."""

import torch

from autograder.mutants import mutant


@mutant(0, "variance_for_width")
def sigma_taken_for_the_variance(size, sigma):
    line = torch.arange(size) - (size - 1) / 2
    kernel = torch.exp(-(line[:, None] ** 2 + line**2) / (2 * sigma))
    return kernel / kernel.sum()


@mutant(0, "two_forgotten")
def without_the_two(size, sigma):
    line = torch.arange(size) - (size - 1) / 2
    kernel = torch.exp(-(line[:, None] ** 2 + line**2) / sigma**2)
    return kernel / kernel.sum()


@mutant(0, "not_normalised")
def never_divided(size, sigma):
    line = torch.arange(size) - (size - 1) / 2
    return torch.exp(-(line[:, None] ** 2 + line**2) / (2 * sigma**2))


@mutant(0, "textbook_constant")
def divided_by_the_integral(size, sigma):
    line = torch.arange(size) - (size - 1) / 2
    return torch.exp(-(line[:, None] ** 2 + line**2) / (2 * sigma**2)) / (2 * torch.pi * sigma**2)


@mutant(3, "middle_on_a_pixel")
def always_a_middle_pixel(size, sigma):
    line = torch.arange(size) - size // 2
    kernel = torch.exp(-(line[:, None] ** 2 + line**2) / (2 * sigma**2))
    return kernel / kernel.sum()


@mutant(0, "distance_not_squared")
def a_tent(size, sigma):
    line = torch.arange(size) - (size - 1) / 2
    kernel = torch.exp(-(line[:, None] ** 2 + line**2).sqrt() / (2 * sigma**2))
    return kernel / kernel.sum()
