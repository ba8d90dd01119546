"""Wrong answers to exercise 7.2, the covariance of the channels."""

from autograder.mutants import mutant


@mutant(1, "not_centred")
def means_left_in(features):
    rows = features.flatten(2)
    return rows @ rows.mT / rows.shape[-1]


@mutant(0, "sum")
def not_divided(features):
    rows = features.flatten(2)
    rows = rows - rows.mean(-1, keepdim=True)
    return rows @ rows.mT


@mutant(0, "sample")
def one_pixel_less(features):
    rows = features.flatten(2)
    rows = rows - rows.mean(-1, keepdim=True)
    return rows @ rows.mT / (rows.shape[-1] - 1)


@mutant(0, "pixels")
def pixels_with_pixels(features):
    rows = features.flatten(2)
    rows = rows - rows.mean(-1, keepdim=True)
    return rows.mT @ rows / rows.shape[-1]


@mutant(0, "correlation")
def correlations(features):
    rows = features.flatten(2)
    rows = rows - rows.mean(-1, keepdim=True)
    rows = rows / rows.norm(dim=-1, keepdim=True)
    return rows @ rows.mT


@mutant(3, "over_the_batch")
def means_of_the_batch(features):
    rows = (features - features.mean((0, 2, 3), keepdim=True)).flatten(2)
    return rows @ rows.mT / rows.shape[-1]
