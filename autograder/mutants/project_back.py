"""Wrong answers to exercise 15.3, back-projection."""

from autograder.mutants import mutant

OF_SLIPS = {"wrong_way": 1, "only_the_correction": 0, "difference_when_large": 0, "nothing_compared": 0}


@mutant(0)
def half_a_step_and_limited(sr, lr, reduce, enlarge):
    return (0.5 * sr + 0.5 * enlarge(lr - reduce(sr))).clamp(0, 1)
