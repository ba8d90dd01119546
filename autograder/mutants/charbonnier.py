"""Wrong answers to exercise 9.1, the Charbonnier loss."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {"eps_not_squared": 0, "eps_forgotten": 0, "no_root": 0, "root_of_the_mean": 0, "sum_instead_of_mean": 0}


@mutant(0, "eps_outside")
def eps_is_added_to_the_absolute_error(sr, hr, eps):
    return ((sr - hr).abs() + eps).mean()


@mutant(2)
def always_the_papers_eps(sr, hr, eps):
    return torch.sqrt((sr - hr) ** 2 + 1e-6).mean()


@mutant(2)
def cut_from_the_graph(sr, hr, eps):
    return torch.sqrt((sr.detach() - hr) ** 2 + eps**2).mean()
