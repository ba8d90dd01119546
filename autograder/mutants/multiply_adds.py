"""Wrong answers to exercise 3.2, multiply-adds per output pixel."""

from autograder.mutants import mutant

OF_SLIPS = {
    "all_of_one_size": 2,
    "one_direction": 2,
    "per_small_pixel": 0,
    "kernel_in_one_direction": 0,
    "with_constants": 0,
}


@mutant(1)
def the_last_layer_only(layers, scale):
    size, kernel, into, out = layers[-1]
    return kernel**2 * into * out * (size / scale) ** 2
