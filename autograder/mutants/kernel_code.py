"""Wrong answers to exercise 12.4, the code of a kernel."""

from autograder.mutants import mutant

OF_SLIPS = {"mean_removed": 0, "turned": 1, "highest_is_one": 0}


@mutant(1, "row_by_row")
def as_pytorch_stores_it(kernel, basis):
    return kernel.flatten(-2) @ basis.T


@mutant(3)
def one_kernel_only(kernel, basis):
    return basis @ kernel.transpose(-1, -2).flatten()
