"""Wrong answers to exercise 19.2, one step back if the image were known."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {"exchanged": 1, "no_roots": 2, "same_step_twice": 0, "beta_for_variance": 2, "deviation": 3}


def weights(betas, t):
    left = torch.cat([torch.ones(1), (1 - betas).cumprod(0)])
    return betas[t - 1], left[t], left[t - 1]


@mutant(2, "beta_for_variance")
def as_noisy_as_forwards(noisy, clean, betas, t):
    beta, now, before = weights(betas, t)
    mean = before.sqrt() * beta * clean + (1 - beta).sqrt() * (1 - before) * noisy
    return mean / (1 - now), beta


@mutant(2)
def the_way_forwards_undone(noisy, clean, betas, t):
    beta, now, before = weights(betas, t)
    mean = clean if t == 1 else noisy / (1 - beta).sqrt()
    return mean, beta * (1 - before) / (1 - now)
