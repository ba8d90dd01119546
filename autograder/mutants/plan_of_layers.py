"""Wrong answers to exercise 5.2, what a plan of layers costs."""

from autograder.mutants import mutant

OF_SLIPS = {
    "parameters_for_each_use": 2,
    "uses_ignored": 2,
    "own_pixel_forgotten": 1,
    "one_side": 1,
    "every_kernel_three": 3,
}


@mutant(1, "biases_forgotten")
def weights_without_biases(plan):
    parameters = sum(k * k * c_in * c_out for k, c_in, c_out, uses in plan)
    return parameters, sum(uses for *_, uses in plan), 1 + sum(uses * (k - 1) for k, *_, uses in plan)


@mutant(0)
def one_number_instead_of_three(plan):
    return sum((k * k * c_in + 1) * c_out for k, c_in, c_out, uses in plan)
