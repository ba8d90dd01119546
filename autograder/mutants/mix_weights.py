"""Wrong answers to exercise 10.3, the mixture of two networks."""

from autograder.mutants import mutant

OF_SLIPS = {"second_not_reached": 0, "always_the_middle": 0}


@mutant(2)
def counters_become_fractions(first, second, alpha):
    return {name: (1 - alpha) * first[name] + alpha * second[name] for name in first}


@mutant(0, "the_other_way")
def alpha_is_the_share_of_the_first(first, second, alpha):
    return {
        name: alpha * one + (1 - alpha) * second[name] if one.is_floating_point() else one
        for name, one in first.items()
    }


@mutant(0, "statistics_of_the_first")
def weights_and_biases_only(first, second, alpha):
    mixed = dict(first)
    for name in first:
        if name.endswith(("weight", "bias")):
            mixed[name] = (1 - alpha) * first[name] + alpha * second[name]
    return mixed


@mutant(0)
def first_is_overwritten(first, second, alpha):
    for name, value in first.items():
        if value.is_floating_point():
            value.mul_(1 - alpha).add_(second[name], alpha=alpha)
    return first


@mutant(2)
def counters_always_of_the_first(first, second, alpha):
    return {
        name: (1 - alpha) * one + alpha * second[name] if one.is_floating_point() else one
        for name, one in first.items()
    }
