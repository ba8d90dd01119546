"""Wrong answers to exercise 6.4, the weights of a fusion."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {"plain_mean": 0, "by_quality": 0}


@mutant(0, "made_to_sum_to_one")
def divided_by_their_sum(opinions, truth):
    weights = torch.linalg.lstsq(opinions.T, truth[:, None]).solution[:, 0]
    return weights / weights.sum()


@mutant(1, "each_for_itself")
def one_factor_at_a_time(opinions, truth):
    return (opinions * truth).sum(1) / (opinions**2).sum(1)


@mutant(2, "none_below_zero")
def negative_weights_cut(opinions, truth):
    return torch.linalg.lstsq(opinions.T, truth[:, None]).solution[:, 0].clamp(min=0)


@mutant(0)
def a_column_instead_of_a_row(opinions, truth):
    return torch.linalg.lstsq(opinions.T, truth[:, None]).solution
