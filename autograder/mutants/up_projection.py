"""Wrong answers to exercise 3.5, an up-projection unit."""

from autograder.mutants import mutant

OF_SLIPS = {"other_sign": 1, "correction_alone": 0, "nothing_taken_away": 0, "same_layer": 1}


@mutant(0, "two_sizes")
def large_minus_small(small, there, back, again):
    large = there(small)
    return large + again(large - small)


@mutant(1)
def no_correction(small, there, back, again):
    return there(small)
