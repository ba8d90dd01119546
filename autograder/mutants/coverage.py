"""Wrong answers to exercise 4.3, coverage."""

from autograder.mutants import mutant

OF_SLIPS = {"edges_cut": 0, "stride_forgotten": 0, "roles_exchanged": 0, "one_phase_only": 0}


@mutant(2)
def at_least_once(n, size, stride):
    counts = [1] * ((n - 1) * stride + size)
    for pixel in range(n - 1):
        for tap in range(stride, size):
            counts[pixel * stride + tap] += 1
    return counts
