"""Wrong answers to exercise 8.2, the cost of a grouped convolution."""

from autograder.mutants import mutant

OF_SLIPS = {"bias_divided": 1}


@mutant(0, "bias_forgotten")
def weights_only(channels_in, channels_out, size, groups, places):
    weights = channels_in // groups * channels_out * size**2
    return weights, weights * places


@mutant(1, "groups_ignored")
def an_ordinary_convolution(channels_in, channels_out, size, groups, places):
    weights = channels_in * channels_out * size**2
    return weights + channels_out, weights * places


@mutant(1, "groups_twice")
def one_group_alone(channels_in, channels_out, size, groups, places):
    weights = channels_in * channels_out * size**2 / groups / groups
    return weights + channels_out, weights * places


@mutant(0, "places_forgotten")
def at_one_place(channels_in, channels_out, size, groups, places):
    weights = channels_in // groups * channels_out * size**2
    return weights + channels_out, weights


@mutant(0, "line_kernel")
def a_kernel_of_three_taps(channels_in, channels_out, size, groups, places):
    weights = channels_in // groups * channels_out * size
    return weights + channels_out, weights * places


@mutant(0)
def biases_are_multiplied_too(channels_in, channels_out, size, groups, places):
    parameters = channels_in // groups * channels_out * size**2 + channels_out
    return parameters, parameters * places
