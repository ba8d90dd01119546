"""Wrong answers to exercise 5.2, what a plan of layers costs."""

from autograder.mutants import mutant


@mutant(1, "biases_forgotten")
def weights_without_biases(plan):
    parameters = sum(k * k * c_in * c_out for k, c_in, c_out, uses in plan)
    return parameters, sum(uses for *_, uses in plan), 1 + sum(uses * (k - 1) for k, *_, uses in plan)


@mutant(2, "parameters_for_each_use")
def a_new_layer_for_each_use(plan):
    parameters, depth, side = 0, 0, 1
    for k, c_in, c_out, uses in plan:
        parameters += uses * (k * k * c_in * c_out + c_out)
        depth += uses
        side += uses * (k - 1)
    return parameters, depth, side


@mutant(2, "uses_ignored")
def each_layer_counts_once(plan):
    parameters, depth, side = 0, 0, 1
    for k, c_in, c_out, _ in plan:
        parameters += k * k * c_in * c_out + c_out
        depth += 1
        side += k - 1
    return parameters, depth, side


@mutant(1, "own_pixel_forgotten")
def without_its_own_pixel(plan):
    parameters = sum((k * k * c_in + 1) * c_out for k, c_in, c_out, uses in plan)
    return parameters, sum(uses for *_, uses in plan), sum(uses * (k - 1) for k, *_, uses in plan)


@mutant(1, "one_side")
def to_the_right_only(plan):
    parameters = sum((k * k * c_in + 1) * c_out for k, c_in, c_out, uses in plan)
    return parameters, sum(uses for *_, uses in plan), 1 + sum(uses * (k // 2) for k, *_, uses in plan)


@mutant(3, "every_kernel_three")
def nine_taps_in_every_kernel(plan):
    parameters = sum((9 * c_in + 1) * c_out for k, c_in, c_out, uses in plan)
    return parameters, sum(uses for *_, uses in plan), 1 + sum(2 * uses for *_, uses in plan)


@mutant(0)
def one_number_instead_of_three(plan):
    return sum((k * k * c_in + 1) * c_out for k, c_in, c_out, uses in plan)
