"""Wrong answers to exercise 15.3, back-projection."""

from autograder.mutants import mutant


@mutant(1, "wrong_way")
def away_from_the_small_image(sr, lr, reduce, enlarge):
    return sr - enlarge(lr - reduce(sr))


@mutant(0, "only_the_correction")
def the_correction_alone(sr, lr, reduce, enlarge):
    return enlarge(lr - reduce(sr))


@mutant(0, "difference_when_large")
def compared_on_the_large_image(sr, lr, reduce, enlarge):
    return sr + (enlarge(lr) - sr)


@mutant(0, "nothing_compared")
def the_small_image_added(sr, lr, reduce, enlarge):
    return sr + enlarge(lr)


@mutant(0)
def half_a_step_and_limited(sr, lr, reduce, enlarge):
    return (0.5 * sr + 0.5 * enlarge(lr - reduce(sr))).clamp(0, 1)
