"""Wrong answers to exercise 20.4, strengths from wins."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {
    "shares_of_wins": 1,
    "rates_of_wins": 2,
    "losses": 0,
    "only_wins_were_asked": 0,
    "one_after_another": 3,
    "not_normalised": 0,
}


@mutant(0, "losses")
def columns_for_rows(wins, rounds):
    strengths = torch.full((len(wins),), 1 / len(wins))
    for _ in range(rounds):
        sums = strengths[:, None] + strengths
        strengths = wins.sum(0) / ((wins + wins.T) / sums).sum(0)
        strengths = strengths / strengths.sum()
    return strengths


@mutant(0)
def the_largest_is_one(wins, rounds):
    asked = wins + wins.T
    strengths = torch.full((len(wins),), 1 / len(wins))
    for _ in range(rounds):
        strengths = wins.sum(1) / (asked / (strengths[:, None] + strengths)).sum(1)
        strengths = strengths / strengths.max()
    return strengths
