"""Wrong answers to exercise 1.3, the least wrong image."""

from autograder.mutants import mutant


@mutant(2, "always_the_mean")
def the_mean_for_both(candidates, loss):
    return candidates.sum(0) / len(candidates)


@mutant(2, "always_the_median")
def the_median_for_both(candidates, loss):
    return candidates.median(0).values


@mutant(0)
def the_wrong_way_round(candidates, loss):
    return candidates.median(0).values if loss == "squared" else candidates.mean(0)


@mutant(0, "one_of_them")
def the_candidate_closest_to_all(candidates, loss):
    gaps = (candidates[:, None] - candidates).flatten(2)
    errors = gaps.square() if loss == "squared" else gaps.abs()
    return candidates[errors.sum((1, 2)).argmin()]


@mutant(0, "middle_of_the_range")
def half_way_between_the_extremes(candidates, loss):
    return (candidates.max(0).values + candidates.min(0).values) / 2


@mutant(0)
def one_number_for_all_pixels(candidates, loss):
    return candidates.mean() if loss == "squared" else candidates.median()
