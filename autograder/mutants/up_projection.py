"""Wrong answers to exercise 3.5, an up-projection unit."""

from autograder.mutants import mutant


@mutant(1, "other_sign")
def sent_minus_returned(small, there, back, again):
    large = there(small)
    return large + again(small - back(large))


@mutant(0, "correction_alone")
def only_the_correction(small, there, back, again):
    large = there(small)
    return again(back(large) - small)


@mutant(0, "nothing_taken_away")
def all_that_came_back(small, there, back, again):
    large = there(small)
    return large + again(back(large))


@mutant(1, "same_layer")
def one_layer_for_both(small, there, back, again):
    large = there(small)
    return large + there(back(large) - small)


@mutant(0, "two_sizes")
def large_minus_small(small, there, back, again):
    large = there(small)
    return large + again(large - small)


@mutant(1)
def no_correction(small, there, back, again):
    return there(small)
