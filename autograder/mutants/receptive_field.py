"""Wrong answers to exercise 8.1, the receptive field."""

from autograder.mutants import mutant

OF_SLIPS = {"own_pixel_forgotten": 0, "dilation_ignored": 1, "size_times_dilation": 1, "multiplied": 0, "one_side": 0}


@mutant(3)
def every_kernel_has_three_taps(sizes, dilations):
    return 1 + 2 * sum(dilations)
