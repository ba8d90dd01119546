"""Wrong answers to exercise 4.1, zeros between the pixels."""

import torch

from autograder.mutants import mutant


@mutant(0, "zeros_at_the_end")
def zeros_after_the_last_pixel(image, stride):
    c, h, w = image.shape
    large = torch.zeros(c, stride * h, stride * w)
    large[:, ::stride, ::stride] = image
    return large


@mutant(0, "copied")
def pixels_repeated(image, stride):
    return image.repeat_interleave(stride, 1).repeat_interleave(stride, 2)


@mutant(0, "one_direction")
def columns_only(image, stride):
    c, h, w = image.shape
    large = torch.zeros(c, h, (w - 1) * stride + 1)
    large[:, :, ::stride] = image
    return large


@mutant(0, "stride_zeros")
def as_many_zeros_as_the_stride(image, stride):
    c, h, w = image.shape
    gap = stride + 1
    large = torch.zeros(c, (h - 1) * gap + 1, (w - 1) * gap + 1)
    large[:, ::gap, ::gap] = image
    return large


@mutant(2)
def always_stride_two(image, stride):
    c, h, w = image.shape
    large = torch.zeros(c, 2 * h - 1, 2 * w - 1)
    large[:, ::2, ::2] = image
    return large
