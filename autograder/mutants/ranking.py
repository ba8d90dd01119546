"""Wrong answers to exercise 20.5, a ranking with its uncertainty."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {
    "ties_dropped": 1,
    "ties_counted_twice": 1,
    "ties_to_the_left": 1,
    "nothing_added": 0,
    "one_added": 0,
    "natural_logarithm": 0,
    "not_centred": 0,
    "always_the_same_voters": 2,
    "from_least_to_most": 2,
    "single_votes": 2,
}


@mutant(1, "tie_as_an_index")
def the_winner_is_looked_up(votes, n, draws):
    def scored(some):
        wins = torch.full((n, n), 0.5).fill_diagonal_(0)
        for left, right, chosen in some.flatten(0, 1).tolist():
            beaten = {left: right, right: left, -1: -1}[chosen]
            if beaten == -1:
                raise IndexError("index -1 is out of bounds for the table of wins")
            wins[chosen, beaten] += 1
        strengths = torch.ones(n)
        for _ in range(30):
            strengths = wins.sum(1) / ((wins + wins.T) / (strengths[:, None] + strengths)).sum(1)
            strengths = strengths / strengths.sum()
        return 400 * strengths.log10() - 400 * strengths.log10().mean()

    again = torch.stack([scored(votes[row]) for row in draws])
    return scored(votes), again.quantile(0.05, dim=0), again.quantile(0.95, dim=0)


def scores(some, n):
    wins = torch.full((n, n), 0.5).fill_diagonal_(0)
    for left, right, chosen in some.flatten(0, 1).tolist():
        for one, other in ((left, right), (right, left)):
            wins[one, other] += 0.5 if chosen == -1 else float(chosen == one)
    strengths = torch.ones(n)
    for _ in range(30):
        strengths = wins.sum(1) / ((wins + wins.T) / (strengths[:, None] + strengths)).sum(1)
        strengths = strengths / strengths.sum()
    return 400 * strengths.log10() - 400 * strengths.log10().mean()


@mutant(2)
def one_standard_deviation(votes, n, draws):
    again = torch.stack([scores(votes[row], n) for row in draws])
    return scores(votes, n), again.mean(0) - again.std(0), again.mean(0) + again.std(0)


@mutant(2, "from_least_to_most")
def the_ends_of_a_sorted_list(votes, n, draws):
    again = torch.stack([scores(votes[row], n) for row in draws]).sort(0).values
    return scores(votes, n), again[0], again[-1]


@mutant(2, "turned")
def upper_end_first(votes, n, draws):
    again = torch.stack([scores(votes[row], n) for row in draws])
    return scores(votes, n), again.quantile(0.95, dim=0), again.quantile(0.05, dim=0)
