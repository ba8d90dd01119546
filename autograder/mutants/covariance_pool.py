"""Wrong answers to exercise 7.2, the covariance of the channels."""

from autograder.mutants import mutant

OF_SLIPS = {"not_centred": 1, "pixels": 0, "over_the_batch": 3}


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


@mutant(0, "correlation")
def correlations(features):
    rows = features.flatten(2)
    rows = rows - rows.mean(-1, keepdim=True)
    rows = rows / rows.norm(dim=-1, keepdim=True)
    return rows @ rows.mT
