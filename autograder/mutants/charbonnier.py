"""Wrong answers to exercise 9.1, the Charbonnier loss."""

import torch

from autograder.mutants import mutant


@mutant(0, "eps_not_squared")
def eps_is_not_squared(sr, hr, eps):
    return torch.sqrt((sr - hr) ** 2 + eps).mean()


@mutant(0, "eps_outside")
def eps_is_added_to_the_absolute_error(sr, hr, eps):
    return ((sr - hr).abs() + eps).mean()


@mutant(0, "eps_forgotten")
def plain_l1(sr, hr, eps):
    return (sr - hr).abs().mean()


@mutant(0, "no_root")
def squares_without_a_root(sr, hr, eps):
    return ((sr - hr) ** 2 + eps**2).mean()


@mutant(0, "root_of_the_mean")
def root_at_the_end(sr, hr, eps):
    return torch.sqrt(((sr - hr) ** 2).mean() + eps**2)


@mutant(0, "sum_instead_of_mean")
def as_lapsrns_code_sums_it(sr, hr, eps):
    return torch.sqrt((sr - hr) ** 2 + eps**2).sum()


@mutant(2)
def always_the_papers_eps(sr, hr, eps):
    return torch.sqrt((sr - hr) ** 2 + 1e-6).mean()


@mutant(2)
def cut_from_the_graph(sr, hr, eps):
    return torch.sqrt((sr.detach() - hr) ** 2 + eps**2).mean()
