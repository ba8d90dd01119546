"""Wrong answers to exercise 2.1, the weights of cubic interpolation."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {"other_kernel": 1, "linear": 1, "one_branch": 0}


@mutant(1, "mirrored")
def from_right_to_left(t):
    x = torch.stack([2 - t, 1 - t, t, 1 + t], dim=-1)
    return torch.where(x <= 1, 1.5 * x**3 - 2.5 * x**2 + 1, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2)


@mutant(0, "wrong_axis")
def one_column_for_each_place(t):
    x = torch.stack([1 + t, t, 1 - t, 2 - t])
    return torch.where(x <= 1, 1.5 * x**3 - 2.5 * x**2 + 1, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2)


@mutant(1, "nothing_below_zero")
def weights_that_may_not_be_negative(t):
    x = torch.stack([1 + t, t, 1 - t, 2 - t], dim=-1)
    weights = torch.where(x <= 1, 1.5 * x**3 - 2.5 * x**2 + 1, torch.zeros_like(x))
    return weights / weights.sum(-1, keepdim=True)
