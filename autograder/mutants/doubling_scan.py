"""Wrong answers to exercise 17.4, all states in a few steps."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {
    "kept_renewed_first": 0,
    "distance_grows_by_one": 2,
    "once_only": 2,
    "kept_never_renewed": 1,
}


@mutant(4, "one_by_one")
def a_loop_over_the_places(kept, added):
    states = [added[..., 0]]
    for t in range(1, added.shape[-1]):
        states.append(kept[..., t] * states[-1] + added[..., t])
    return torch.stack(states, dim=-1)


@mutant(3, "by_dividing")
def cumulative_products(kept, added):
    product = torch.cumprod(kept, dim=-1)
    return product * torch.cumsum(added / product, dim=-1)


@mutant(2)
def what_is_kept_taken_from_the_neighbour(kept, added):
    distance = 1
    while distance < added.shape[-1]:
        moved = torch.zeros_like(added)
        moved[..., distance:] = added[..., :-distance]
        added, kept = added + kept * moved, kept * kept
        distance *= 2
    return added
