"""Wrong answers to exercise 20.2, a point on the plane of perception and distortion."""

from autograder.mutants import mutant

OF_SLIPS = {
    "not_sorted": 1,
    "sorted_both_times": 1,
    "one_sorted": 1,
    "only_the_means": 2,
    "absolute": 2,
    "no_root": 0,
    "turned": 0,
}


@mutant(1, "not_sorted")
def both_by_the_order_of_the_truths(truths, answers):
    order = truths.argsort()
    gap = answers[order] - truths[order]
    return (answers - truths).square().mean().sqrt(), gap.square().mean().sqrt()


@mutant(2)
def standard_deviations(truths, answers):
    return (answers - truths).square().mean().sqrt(), (answers.std() - truths.std()).abs()
