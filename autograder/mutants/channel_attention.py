"""Wrong answers to exercise 7.1, channel attention."""

import torch

from autograder.mutants import mutant


@mutant(1, "maximum")
def the_largest_value_of_a_channel(features, down, up):
    weights = torch.sigmoid((features.amax((2, 3)) @ down.T).relu() @ up.T)
    return features * weights[:, :, None, None]


@mutant(1, "no_relu")
def two_matrices_in_a_row(features, down, up):
    weights = torch.sigmoid(features.mean((2, 3)) @ down.T @ up.T)
    return features * weights[:, :, None, None]


@mutant(0, "softmax")
def channels_that_compete(features, down, up):
    weights = torch.softmax((features.mean((2, 3)) @ down.T).relu() @ up.T, dim=1)
    return features * weights[:, :, None, None]


@mutant(0, "weights_alone")
def the_weights_alone(features, down, up):
    return torch.sigmoid((features.mean((2, 3)) @ down.T).relu() @ up.T)


@mutant(0, "added")
def with_a_skip(features, down, up):
    weights = torch.sigmoid((features.mean((2, 3)) @ down.T).relu() @ up.T)
    return features * (1 + weights[:, :, None, None])


@mutant(3, "over_the_batch")
def one_mean_for_the_batch(features, down, up):
    weights = torch.sigmoid((features.mean((0, 2, 3)) @ down.T).relu() @ up.T)
    return features * weights[None, :, None, None]


@mutant(0)
def no_sigmoid(features, down, up):
    weights = (features.mean((2, 3)) @ down.T).relu() @ up.T
    return features * weights[:, :, None, None]
