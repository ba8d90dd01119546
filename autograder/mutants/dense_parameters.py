"""Wrong answers to exercise 6.2, width and parameters of a dense block."""

from autograder.mutants import mutant

OF_SLIPS = {
    "growth_not_read": 2,
    "biases_forgotten": 1,
    "fusion_forgotten": 1,
    "fusion_three_by_three": 1,
    "one_step_too_far": 1,
}


@mutant(3)
def width_of_the_new_maps(channels, growth, n_layers):
    width, parameters = channels, 0
    for _ in range(n_layers):
        parameters += 9 * width * growth + growth
        width += growth
    return n_layers * growth, parameters + width * channels + channels
