"""Wrong answers to exercise 10.1, batch normalisation."""

import torch

from autograder.mutants import mutant


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


@mutant(2, "divided_by_the_variance")
def no_root(x, mean, variance, momentum):
    now, seen = x.mean((0, 2, 3)), x.var((0, 2, 3))
    spread = x.var((0, 2, 3), unbiased=False)
    normalised = (x - now[:, None, None]) / (spread[:, None, None] + 1e-5)
    return normalised, (1 - momentum) * mean + momentum * now, (1 - momentum) * variance + momentum * seen


@mutant(1, "momentum_exchanged")
def momentum_is_the_share_of_the_old(x, mean, variance, momentum):
    now, spread = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
    normalised = (x - now[:, None, None]) / torch.sqrt(spread[:, None, None] + 1e-5)
    seen = x.var((0, 2, 3))
    return normalised, momentum * mean + (1 - momentum) * now, momentum * variance + (1 - momentum) * seen


@mutant(2, "biased_memory")
def one_variance_for_both(x, mean, variance, momentum):
    now, spread = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
    normalised = (x - now[:, None, None]) / torch.sqrt(spread[:, None, None] + 1e-5)
    return normalised, (1 - momentum) * mean + momentum * now, (1 - momentum) * variance + momentum * spread


@mutant(1, "statistics_replaced")
def no_memory(x, mean, variance, momentum):
    now, spread = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
    normalised = (x - now[:, None, None]) / torch.sqrt(spread[:, None, None] + 1e-5)
    return normalised, now, x.var((0, 2, 3))


@mutant(0)
def features_alone(x, mean, variance, momentum):
    now, spread = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
    return (x - now[:, None, None]) / torch.sqrt(spread[:, None, None] + 1e-5)
