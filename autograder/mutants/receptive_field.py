"""Wrong answers to exercise 8.1, the receptive field."""

from autograder.mutants import mutant


@mutant(0, "own_pixel_forgotten")
def the_pixel_itself_is_forgotten(sizes, dilations):
    return sum((size - 1) * dilation for size, dilation in zip(sizes, dilations, strict=True))


@mutant(1, "dilation_ignored")
def as_if_nothing_were_dilated(sizes, dilations):
    return 1 + sum(size - 1 for size in sizes)


@mutant(1, "size_times_dilation")
def a_dilated_kernel_as_wide_as_its_product(sizes, dilations):
    pixels = 1
    for size, dilation in zip(sizes, dilations, strict=True):
        pixels += size * dilation - 1
    return pixels


@mutant(0, "multiplied")
def fields_multiply(sizes, dilations):
    pixels = 1
    for size, dilation in zip(sizes, dilations, strict=True):
        pixels *= (size - 1) * dilation + 1
    return pixels


@mutant(0, "one_side")
def a_radius(sizes, dilations):
    return 1 + sum((size - 1) // 2 * dilation for size, dilation in zip(sizes, dilations, strict=True))


@mutant(3)
def every_kernel_has_three_taps(sizes, dilations):
    return 1 + 2 * sum(dilations)
