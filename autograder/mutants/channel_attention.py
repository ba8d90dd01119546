"""Wrong answers to exercise 7.1, channel attention."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {"maximum": 1, "no_relu": 1, "softmax": 0, "over_the_batch": 3}


@mutant(0, "weights_alone")
def the_weights_alone(features, down, up):
    return torch.sigmoid((features.mean((2, 3)) @ down.T).relu() @ up.T)


@mutant(0, "added")
def with_a_skip(features, down, up):
    weights = torch.sigmoid((features.mean((2, 3)) @ down.T).relu() @ up.T)
    return features * (1 + weights[:, :, None, None])


@mutant(0)
def no_sigmoid(features, down, up):
    weights = (features.mean((2, 3)) @ down.T).relu() @ up.T
    return features * weights[:, :, None, None]
