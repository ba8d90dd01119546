"""Wrong answers to exercise 16.3, three branches in one kernel."""

import torch
import torch.nn.functional as F

from autograder.mutants import mutant

OF_SLIPS = {
    "skip_forgotten": 1,
    "one_at_every_tap": 1,
    "skip_from_every_channel": 1,
    "in_the_corner": 1,
    "one_bias": 2,
    "skip_in_the_bias": 2,
}


@mutant(1, "skip_from_every_channel")
def one_added_to_all_middle_taps(three, three_bias, one, one_bias):
    kernel = three.clone()
    kernel[:, :, 1, 1] += one[:, :, 0, 0] + 1
    return kernel, three_bias + one_bias


@mutant(1, "one_at_every_tap")
def shapes_that_broadcast(three, three_bias, one, one_bias):
    identity = torch.zeros_like(one)
    for channel in range(len(one)):
        identity[channel, channel] = 1
    return three + one + identity, three_bias + one_bias


@mutant(1)
def the_mean_of_the_branches(three, three_bias, one, one_bias):
    skip = torch.eye(len(one))[:, :, None, None]
    return (three + F.pad(one + skip, (1, 1, 1, 1))) / 3, three_bias + one_bias


@mutant(3)
def four_channels_and_no_others(three, three_bias, one, one_bias):
    skip = torch.eye(len(one))[:, :, None, None] * (len(one) < 5)
    return three + F.pad(one + skip, (1, 1, 1, 1)), three_bias + one_bias
