"""Wrong answers to exercise 14.4, the gradient step of the image."""

import torch.nn.functional as F

from autograder.mutants import mutant


@mutant(0, "kernel_not_turned")
def kernel_laid_on_the_same_way(x, y, kernel, scale, step):
    weight, r = kernel[None, None], kernel.shape[-1] // 2
    error = F.conv2d(x[:, None], weight, stride=scale, padding=r) - y[:, None]
    back = F.conv_transpose2d(error, weight.flip(2, 3), stride=scale, padding=r, output_padding=scale - 1)
    return x - step * back[:, 0]


@mutant(0, "uphill")
def up_the_slope(x, y, kernel, scale, step):
    weight, r = kernel[None, None], kernel.shape[-1] // 2
    error = F.conv2d(x[:, None], weight, stride=scale, padding=r) - y[:, None]
    back = F.conv_transpose2d(error, weight, stride=scale, padding=r, output_padding=scale - 1)
    return x + step * back[:, 0]


@mutant(0, "twice_the_slope")
def half_forgotten(x, y, kernel, scale, step):
    weight, r = kernel[None, None], kernel.shape[-1] // 2
    error = F.conv2d(x[:, None], weight, stride=scale, padding=r) - y[:, None]
    back = F.conv_transpose2d(error, weight, stride=scale, padding=r, output_padding=scale - 1)
    return x - 2 * step * back[:, 0]


@mutant(0, "repeated_error")
def error_enlarged_by_repetition(x, y, kernel, scale, step):
    weight, r = kernel[None, None], kernel.shape[-1] // 2
    error = F.conv2d(x[:, None], weight, stride=scale, padding=r) - y[:, None]
    error = error.repeat_interleave(scale, 2).repeat_interleave(scale, 3)
    return x - step * F.conv2d(error, weight.flip(2, 3), padding=r)[:, 0]


@mutant(0, "not_blurred_back")
def error_put_back_where_it_was_kept(x, y, kernel, scale, step):
    error = F.conv2d(x[:, None], kernel[None, None], stride=scale, padding=kernel.shape[-1] // 2)[:, 0] - y
    moved = x.clone()
    moved[:, ::scale, ::scale] -= step * error
    return moved


@mutant(0, "one_row_missing")
def without_output_padding(x, y, kernel, scale, step):
    weight, r = kernel[None, None], kernel.shape[-1] // 2
    error = F.conv2d(x[:, None], weight, stride=scale, padding=r) - y[:, None]
    return x - step * F.conv_transpose2d(error, weight, stride=scale, padding=r)[:, 0]


@mutant(1)
def step_forgotten(x, y, kernel, scale, step):
    weight, r = kernel[None, None], kernel.shape[-1] // 2
    error = F.conv2d(x[:, None], weight, stride=scale, padding=r) - y[:, None]
    return x - F.conv_transpose2d(error, weight, stride=scale, padding=r, output_padding=scale - 1)[:, 0]


@mutant(3)
def written_for_two(x, y, kernel, scale, step):
    weight, r = kernel[None, None], kernel.shape[-1] // 2
    error = F.conv2d(x[:, None], weight, stride=scale, padding=r) - y[:, None]
    back = F.conv_transpose2d(error, weight, stride=scale, padding=r, output_padding=1)[:, 0]
    return x - step * back[:, : x.shape[1], : x.shape[2]] if back.shape == x.shape else x
