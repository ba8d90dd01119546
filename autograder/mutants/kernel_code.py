"""Wrong answers to exercise 12.4, the code of a kernel."""

from autograder.mutants import mutant


@mutant(1, "row_by_row")
def as_pytorch_stores_it(kernel, basis):
    return kernel.flatten(-2) @ basis.T


@mutant(0, "mean_removed")
def centred_first(kernel, basis):
    centred = kernel - kernel.mean((-2, -1), keepdim=True)
    return centred.transpose(-1, -2).flatten(-2) @ basis.T


@mutant(1, "turned")
def upside_down(kernel, basis):
    return kernel.flip(-1, -2).transpose(-1, -2).flatten(-2) @ basis.T


@mutant(0, "highest_is_one")
def divided_by_the_largest_value(kernel, basis):
    scaled = kernel / kernel.amax((-2, -1), keepdim=True)
    return scaled.transpose(-1, -2).flatten(-2) @ basis.T


@mutant(3)
def one_kernel_only(kernel, basis):
    return basis @ kernel.transpose(-1, -2).flatten()
