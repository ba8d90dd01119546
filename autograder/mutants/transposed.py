"""Wrong answers to exercise 4.2, transposed convolution."""

import torch
import torch.nn.functional as F

from autograder.mutants import mutant


@mutant(0, "kernel_not_flipped")
def kernel_upside_down(image, kernel, stride):
    h, w = image.shape
    k = kernel.shape[0]
    large = torch.zeros((h - 1) * stride + 1, (w - 1) * stride + 1)
    large[::stride, ::stride] = image
    return F.conv2d(F.pad(large, [k - 1] * 4)[None, None], kernel[None, None])[0, 0]


@mutant(0, "no_margin")
def without_a_margin(image, kernel, stride):
    h, w = image.shape
    large = torch.zeros((h - 1) * stride + 1, (w - 1) * stride + 1)
    large[::stride, ::stride] = image
    return F.conv2d(large[None, None], kernel.flip(0, 1)[None, None])[0, 0]


@mutant(0, "same_size_margin")
def the_margin_of_an_ordinary_convolution(image, kernel, stride):
    h, w = image.shape
    large = torch.zeros((h - 1) * stride + 1, (w - 1) * stride + 1)
    large[::stride, ::stride] = image
    return F.conv2d(large[None, None], kernel.flip(0, 1)[None, None], padding=kernel.shape[0] // 2)[0, 0]


@mutant(0, "stride_forgotten")
def always_one_apart(image, kernel, stride):
    return F.conv_transpose2d(image[None, None], kernel[None, None])[0, 0]


@mutant(0, "transposed_kernel")
def the_kernel_transposed(image, kernel, stride):
    return F.conv_transpose2d(image[None, None], kernel.T[None, None], stride=stride)[0, 0]


@mutant(3)
def always_two_apart(image, kernel, stride):
    return F.conv_transpose2d(image[None, None], kernel[None, None], stride=2)[0, 0]
