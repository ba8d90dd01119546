"""Wrong answers to exercise 5.1, the residual block."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {
    "factor_ignored": 2,
    "sum_scaled": 1,
    "relu_after_the_sum": 0,
    "residual_never_negative": 1,
    "no_activation": 1,
}


@mutant(0, "skip_forgotten")
def two_convolutions_and_no_way_round(features, conv1, conv2, residual_scale):
    return residual_scale * conv2(torch.relu(conv1(features)))


@mutant(1)
def added_to_the_input_in_place(features, conv1, conv2, residual_scale):
    features += residual_scale * conv2(torch.relu(conv1(features)))
    return features
