"""Wrong answers to exercise 4.4, pixel shuffle."""

from autograder.mutants import mutant


@mutant(0, "only_reshaped")
def reshaped(x, scale):
    b, c, h, w = x.shape
    return x.reshape(b, c // scale**2, scale * h, scale * w)


@mutant(0, "phases_turned")
def rows_and_columns_exchanged(x, scale):
    b, c, h, w = x.shape
    x = x.reshape(b, c // scale**2, scale, scale, h, w).permute(0, 1, 4, 3, 5, 2)
    return x.reshape(b, c // scale**2, scale * h, scale * w)


@mutant(1, "colours_mixed")
def colours_innermost(x, scale):
    b, c, h, w = x.shape
    x = x.reshape(b, scale, scale, c // scale**2, h, w).permute(0, 3, 4, 1, 5, 2)
    return x.reshape(b, c // scale**2, scale * h, scale * w)


@mutant(0, "blocks_side_by_side")
def four_small_images(x, scale):
    b, c, h, w = x.shape
    x = x.reshape(b, c // scale**2, scale, scale, h, w).permute(0, 1, 2, 4, 3, 5)
    return x.reshape(b, c // scale**2, scale * h, scale * w)


@mutant(3)
def always_by_two(x, scale):
    b, c, h, w = x.shape
    x = x.reshape(b, c // 4, 2, 2, h, w).permute(0, 1, 4, 2, 5, 3)
    return x.reshape(b, c // 4, 2 * h, 2 * w)
