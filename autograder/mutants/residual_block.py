"""Wrong answers to exercise 5.1, the residual block."""

import torch

from autograder.mutants import mutant


@mutant(0, "skip_forgotten")
def two_convolutions_and_no_way_round(features, conv1, conv2, residual_scale):
    return residual_scale * conv2(torch.relu(conv1(features)))


@mutant(2, "factor_ignored")
def every_residual_in_full(features, conv1, conv2, residual_scale):
    return features + conv2(torch.relu(conv1(features)))


@mutant(1, "sum_scaled")
def the_sum_is_scaled(features, conv1, conv2, residual_scale):
    residual = conv2(torch.relu(conv1(features)))
    return residual_scale * (features + residual)


@mutant(0, "relu_after_the_sum")
def as_in_the_first_resnet(features, conv1, conv2, residual_scale):
    return torch.relu(features + residual_scale * conv2(torch.relu(conv1(features))))


@mutant(1, "residual_never_negative")
def relu_after_both_convolutions(features, conv1, conv2, residual_scale):
    residual = torch.relu(conv2(torch.relu(conv1(features))))
    return features + residual_scale * residual


@mutant(1, "no_activation")
def linear_all_the_way(features, conv1, conv2, residual_scale):
    return features + residual_scale * conv2(conv1(features))


@mutant(1)
def added_to_the_input_in_place(features, conv1, conv2, residual_scale):
    features += residual_scale * conv2(torch.relu(conv1(features)))
    return features
