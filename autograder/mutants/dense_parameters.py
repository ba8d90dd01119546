"""Wrong answers to exercise 6.2, width and parameters of a dense block."""

from autograder.mutants import mutant


@mutant(2, "growth_not_read")
def every_layer_reads_the_input_only(channels, growth, n_layers):
    width = channels + n_layers * growth
    return width, n_layers * (9 * channels * growth + growth) + width * channels + channels


@mutant(1, "biases_forgotten")
def weights_alone(channels, growth, n_layers):
    width, parameters = channels, 0
    for _ in range(n_layers):
        parameters += 9 * width * growth
        width += growth
    return width, parameters + width * channels


@mutant(1, "fusion_forgotten")
def no_fusion(channels, growth, n_layers):
    width, parameters = channels, 0
    for _ in range(n_layers):
        parameters += 9 * width * growth + growth
        width += growth
    return width, parameters


@mutant(1, "fusion_three_by_three")
def a_large_fusion(channels, growth, n_layers):
    width, parameters = channels, 0
    for _ in range(n_layers):
        parameters += 9 * width * growth + growth
        width += growth
    return width, parameters + 9 * width * channels + channels


@mutant(1, "one_step_too_far")
def the_width_grows_too_early(channels, growth, n_layers):
    width, parameters = channels, 0
    for _ in range(n_layers):
        width += growth
        parameters += 9 * width * growth + growth
    return width, parameters + width * channels + channels


@mutant(3)
def width_of_the_new_maps(channels, growth, n_layers):
    width, parameters = channels, 0
    for _ in range(n_layers):
        parameters += 9 * width * growth + growth
        width += growth
    return n_layers * growth, parameters + width * channels + channels
