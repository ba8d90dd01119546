"""Wrong answers to exercise 10.1, batch normalisation."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {"divided_by_the_variance": 2, "momentum_exchanged": 1, "biased_memory": 2, "statistics_replaced": 1}


@mutant(2, "each_image_alone")
def one_mean_for_each_image(x, mean, variance, momentum):
    own = x - x.mean((2, 3), keepdim=True)
    normalised = own / torch.sqrt(x.var((2, 3), unbiased=False, keepdim=True) + 1e-5)
    now, seen = x.mean((0, 2, 3)), x.var((0, 2, 3))
    return normalised, (1 - momentum) * mean + momentum * now, (1 - momentum) * variance + momentum * seen


@mutant(2, "running_statistics_used")
def as_when_the_network_is_used(x, mean, variance, momentum):
    normalised = (x - mean[:, None, None]) / torch.sqrt(variance[:, None, None] + 1e-5)
    now, seen = x.mean((0, 2, 3)), x.var((0, 2, 3))
    return normalised, (1 - momentum) * mean + momentum * now, (1 - momentum) * variance + momentum * seen


@mutant(0)
def features_alone(x, mean, variance, momentum):
    now, spread = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
    return (x - now[:, None, None]) / torch.sqrt(spread[:, None, None] + 1e-5)
