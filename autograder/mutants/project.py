"""Wrong answers to exercise 4.5, the projection of Meta-SR."""

import math

import torch

from autograder.mutants import mutant


@mutant(0, "pixel_centres")
def centres_aligned(n, scale):
    places = ((torch.arange(math.floor(n * scale)) + 0.5) / scale - 0.5).clamp_min(0)
    return places.floor().long(), places - places.floor()


@mutant(0, "ends_aligned")
def first_and_last_pixels_meet(n, scale):
    places = torch.linspace(0, n - 1, math.floor(n * scale))
    return places.floor().long(), places - places.floor()


@mutant(0, "rounded")
def the_nearest_pixel(n, scale):
    places = torch.arange(math.floor(n * scale)) / scale
    return places.round().long(), places - places.round()


@mutant(0, "multiplied")
def from_small_to_large(n, scale):
    places = torch.arange(math.floor(n * scale)) * scale
    return places.floor().long(), places - places.floor()


@mutant(1)
def whole_scales_only(n, scale):
    step = int(scale)
    places = torch.arange(n * step)
    return places // step, (places % step) / step


@mutant(0)
def sources_alone(n, scale):
    return (torch.arange(math.floor(n * scale)) / scale).floor().long()
