"""Wrong answers to exercise 20.1, agreement with the small image."""

from autograder.mutants import mutant

OF_SLIPS = {
    "not_rounded": 0,
    "rounded_before": 1,
    "not_clamped": 2,
    "enlarged_instead": 1,
    "mean_of_channels": 1,
    "border_cut": 1,
    "peak_of_255": 1,
}


@mutant(0, "sizes_differ")
def subtracted_as_they_are(sr, lr, reduce):
    return float((sr - lr).square().mean())


@mutant(1)
def the_mean_square_itself(sr, lr, reduce):
    import math

    small = (255 * reduce(sr.clamp(0, 1))).round() / 255
    error = float((small - lr).square().mean())
    return error if error else math.inf
