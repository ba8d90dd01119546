"""Wrong answers to exercise 18.1, where the new pixels lie."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {
    "upper_left_corners": 0,
    "half_only_once": 0,
    "turned_round": 0,
    "old_pixels": 0,
    "from_minus_one_to_one": 0,
}


@mutant(0, "corner_to_corner")
def evenly_from_the_first_to_the_last(side, length):
    return torch.linspace(0, side - 1, length)


@mutant(2)
def whole_factors_only(side, length):
    factor = round(length / side)
    return (torch.arange(length) + 0.5) / max(1, factor) - 0.5
