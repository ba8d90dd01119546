"""Wrong answers to exercise 2.3, PSNR."""

import torch

from autograder.mutants import mutant


@mutant(0, "peak_255")
def for_images_up_to_255(sr, hr, border):
    h, w = hr.shape[-2:]
    inside = (..., slice(border, h - border), slice(border, w - border))
    return 10 * torch.log10(255**2 / (sr[inside] - hr[inside]).square().mean()).item()


@mutant(0, "natural_logarithm")
def natural_logarithm(sr, hr, border):
    h, w = hr.shape[-2:]
    inside = (..., slice(border, h - border), slice(border, w - border))
    return -10 * torch.log((sr[inside] - hr[inside]).square().mean()).item()


@mutant(0, "twenty_times")
def twenty_times_the_logarithm_of_the_square(sr, hr, border):
    h, w = hr.shape[-2:]
    inside = (..., slice(border, h - border), slice(border, w - border))
    return -20 * torch.log10((sr[inside] - hr[inside]).square().mean()).item()


@mutant(0, "absolute_error")
def absolute_differences(sr, hr, border):
    h, w = hr.shape[-2:]
    inside = (..., slice(border, h - border), slice(border, w - border))
    return -10 * torch.log10((sr[inside] - hr[inside]).abs().mean()).item()


@mutant(2, "border_left_in")
def no_border(sr, hr, border):
    return -10 * torch.log10((sr - hr).square().mean()).item()


@mutant(2, "border_on_two_sides")
def top_and_left_only(sr, hr, border):
    return -10 * torch.log10((sr - hr)[..., border:, border:].square().mean()).item()


@mutant(3, "mean_of_decibels")
def mean_of_the_decibels_of_the_channels(sr, hr, border):
    h, w = hr.shape[-2:]
    inside = (..., slice(border, h - border), slice(border, w - border))
    return -10 * torch.log10((sr[inside] - hr[inside]).square().mean(dim=(-2, -1))).mean().item()


@mutant(2)
def nothing_is_left_without_a_border(sr, hr, border):
    error = (sr - hr)[..., border:-border, border:-border]
    return -10 * torch.log10(error.square().mean()).item()


@mutant(0)
def the_error_and_no_decibels(sr, hr, border):
    h, w = hr.shape[-2:]
    inside = (..., slice(border, h - border), slice(border, w - border))
    return (sr[inside] - hr[inside]).square().mean().item()


@mutant(2, "nothing_left")
def cut_up_to_minus_the_border(sr, hr, border):
    inside = (..., slice(border, -border), slice(border, -border))
    return -10 * torch.log10((sr[inside] - hr[inside]).square().mean()).item()
