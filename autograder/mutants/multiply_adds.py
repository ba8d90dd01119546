"""Wrong answers to exercise 3.2, multiply-adds per output pixel."""

from autograder.mutants import mutant


@mutant(2, "all_of_one_size")
def the_number_of_weights(layers, scale):
    return float(sum(kernel * kernel * into * out for _, kernel, into, out in layers))


@mutant(2, "one_direction")
def half_as_wide_half_as_much(layers, scale):
    return sum(kernel**2 * into * out * size / scale for size, kernel, into, out in layers)


@mutant(0, "per_small_pixel")
def for_each_small_pixel(layers, scale):
    return sum(kernel**2 * into * out * size**2 for size, kernel, into, out in layers)


@mutant(0, "kernel_in_one_direction")
def a_kernel_that_is_a_row(layers, scale):
    return sum(kernel * into * out * (size / scale) ** 2 for size, kernel, into, out in layers)


@mutant(0, "with_constants")
def constants_count(layers, scale):
    return sum((kernel**2 * into + 1) * out * (size / scale) ** 2 for size, kernel, into, out in layers)


@mutant(1)
def the_last_layer_only(layers, scale):
    size, kernel, into, out = layers[-1]
    return kernel**2 * into * out * (size / scale) ** 2
