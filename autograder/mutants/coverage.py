"""Wrong answers to exercise 4.3, coverage."""

from autograder.mutants import mutant


@mutant(0, "edges_cut")
def as_long_as_n_times_stride(n, size, stride):
    counts = [0] * ((n - 1) * stride + size)
    for pixel in range(n):
        for tap in range(size):
            counts[pixel * stride + tap] += 1
    return counts[: n * stride]


@mutant(0, "stride_forgotten")
def kernels_one_place_apart(n, size, stride):
    counts = [0] * (n - 1 + size)
    for pixel in range(n):
        for tap in range(size):
            counts[pixel + tap] += 1
    return counts


@mutant(0, "roles_exchanged")
def size_and_stride_exchanged(n, size, stride):
    counts = [0] * ((n - 1) * size + stride)
    for pixel in range(n):
        for tap in range(stride):
            counts[pixel * size + tap] += 1
    return counts


@mutant(0, "one_phase_only")
def one_period(n, size, stride):
    return [len(range(phase, size, stride)) for phase in range(stride)]


@mutant(2)
def at_least_once(n, size, stride):
    counts = [1] * ((n - 1) * stride + size)
    for pixel in range(n - 1):
        for tap in range(stride, size):
            counts[pixel * stride + tap] += 1
    return counts
