"""Wrong answers to exercise 16.4, two convolutions in one kernel."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {
    "turned": 2,
    "first_bias_dropped": 2,
    "first_bias_as_it_is": 2,
    "middle_tap_only": 2,
    "second_bias_dropped": 2,
}


@mutant(4, "axes_do_not_meet")
def the_transposed_matrix(one, one_bias, three, three_bias):
    kernel = torch.zeros(three.shape[0], one.shape[1], 3, 3)
    matrix = one[:, :, 0, 0] if one.shape[0] == one.shape[1] else one[:, :, 0, 0].T
    for y in range(3):
        for x in range(3):
            kernel[:, :, y, x] = three[:, :, y, x] @ matrix
    return kernel, three_bias + three.sum((2, 3)) @ one_bias


@mutant(2, "turned")
def multiplied_with_the_transpose(one, one_bias, three, three_bias):
    kernel = torch.einsum("mkyx,nk->mnyx", three, one[:, :, 0, 0])
    return kernel, three_bias + three.sum((2, 3)) @ one_bias


@mutant(2, "middle_tap_only")
def a_constant_seen_once(one, one_bias, three, three_bias):
    kernel = torch.einsum("mkyx,kn->mnyx", three, one.squeeze())
    return kernel, three_bias + three[..., 1, 1] @ one_bias


@mutant(2)
def the_mean_of_the_taps(one, one_bias, three, three_bias):
    kernel = torch.einsum("mkyx,kn->mnyx", three, one[:, :, 0, 0])
    return kernel, three_bias + three.mean((2, 3)) @ one_bias
