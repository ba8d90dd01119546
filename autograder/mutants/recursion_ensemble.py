"""Wrong answers to exercise 5.4, the ensemble of recursions."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {"last_state_only": 1, "no_bicubic": 0, "bicubic_once": 3}


@mutant(2, "weights_ignored")
def a_plain_mean(bicubic, states, reconstruct, weights):
    return bicubic + sum(reconstruct(state) for state in states) / len(states)


@mutant(3, "weights_made_to_sum_to_one")
def divided_by_the_sum(bicubic, states, reconstruct, weights):
    images = [bicubic + reconstruct(state) for state in states]
    return sum(weight * image for weight, image in zip(weights, images)) / weights.sum()


@mutant(2, "softmax")
def weights_through_a_softmax(bicubic, states, reconstruct, weights):
    images = torch.stack([bicubic + reconstruct(state) for state in states])
    return (weights.softmax(0)[:, None, None, None, None] * images).sum(0)
