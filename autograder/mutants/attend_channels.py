"""Wrong answers to exercise 17.2, attention between channels."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {
    "normalised_over_channels": 1,
    "softmax_over_queries": 0,
    "between_pixels": 0,
    "divided_by_temperature": 3,
    "key_for_query": 0,
}


@mutant(1, "not_normalised")
def dot_products(query, key, value, temperature):
    return torch.softmax(torch.einsum("bcn,bdn->bcd", query, key) * temperature, dim=-1) @ value


@mutant(1)
def scaled_by_the_root_of_the_pixels(query, key, value, temperature):
    return torch.softmax(query @ key.mT / query.shape[-1] ** 0.5 * temperature, dim=-1) @ value
