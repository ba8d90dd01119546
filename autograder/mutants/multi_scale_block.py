"""Wrong answers to exercise 6.3, the block with two kernel sizes."""

import torch

from autograder.mutants import mutant


@mutant(0, "no_exchange")
def two_paths_that_never_meet(features, small1, large1, small2, large2, fusion):
    small = torch.relu(small2(torch.relu(small1(features))))
    large = torch.relu(large2(torch.relu(large1(features))))
    return fusion(torch.cat([small, large], dim=1)) + features


@mutant(1, "large_first")
def the_large_kernel_in_front(features, small1, large1, small2, large2, fusion):
    both = torch.relu(torch.cat([large1(features), small1(features)], dim=1))
    both = torch.relu(torch.cat([large2(both), small2(both)], dim=1))
    return fusion(both) + features


@mutant(0, "skip_forgotten")
def no_skip(features, small1, large1, small2, large2, fusion):
    both = torch.relu(torch.cat([small1(features), large1(features)], dim=1))
    both = torch.relu(torch.cat([small2(both), large2(both)], dim=1))
    return fusion(both)


@mutant(1, "no_activation_in_the_second_row")
def second_row_linear(features, small1, large1, small2, large2, fusion):
    both = torch.relu(torch.cat([small1(features), large1(features)], dim=1))
    both = torch.cat([small2(both), large2(both)], dim=1)
    return fusion(both) + features


@mutant(1, "no_activation_at_all")
def linear(features, small1, large1, small2, large2, fusion):
    both = torch.cat([small1(features), large1(features)], dim=1)
    both = torch.cat([small2(both), large2(both)], dim=1)
    return fusion(both) + features


@mutant(1, "activation_after_the_fusion")
def only_upwards(features, small1, large1, small2, large2, fusion):
    both = torch.relu(torch.cat([small1(features), large1(features)], dim=1))
    both = torch.relu(torch.cat([small2(both), large2(both)], dim=1))
    return torch.relu(fusion(both)) + features
