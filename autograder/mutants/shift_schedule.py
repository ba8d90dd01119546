"""Wrong answers to exercise 19.3, how far the residual is shifted."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {"squares": 0, "even_steps": 1, "kappa_left_out": 1, "to_the_end": 0, "always_divided": 3}


@mutant(1, "straight")
def the_same_factor_each_time(steps, kappa, power, least):
    first = min(least / kappa, least)
    factor = (0.99 / first) ** (1 / (steps - 1))
    return torch.tensor([first * factor**t for t in range(steps)])


@mutant(1)
def the_inverse_power(steps, kappa, power, least):
    first = min(least / kappa, least)
    return first * (0.99 / first) ** (torch.linspace(0, 1, steps) ** (1 / power))
