"""Wrong answers to exercise 18.2, whose answer counts how much."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {"own_areas": 1, "all_alike": 1, "nearest_alone": 1, "by_distance": 1, "sums_of_distances": 1}


@mutant(1, "columns_first")
def down_before_right(down, right):
    upper, lower, before, behind = 1 - down, down, 1 - right, right
    return torch.stack([upper * before, lower * before, upper * behind, lower * behind])


@mutant(4)
def lists_only(down, right):
    weights = torch.stack([(1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right])
    return weights.flatten(1)
