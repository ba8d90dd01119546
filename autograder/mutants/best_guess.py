"""Wrong answers to exercise 1.3, the least wrong image."""

from autograder.mutants import mutant

OF_SLIPS = {"always_the_mean": 2, "always_the_median": 2, "one_of_them": 0, "middle_of_the_range": 0}


@mutant(0)
def the_wrong_way_round(candidates, loss):
    return candidates.median(0).values if loss == "squared" else candidates.mean(0)


@mutant(0)
def one_number_for_all_pixels(candidates, loss):
    return candidates.mean() if loss == "squared" else candidates.median()
