"""Wrong answers to exercise 9.2, the content loss."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {"mean_of_squares": 0, "root_of_the_mean": 0, "pixels_compared": 0}


@mutant(0, "divided_by_pixels")
def divided_by_the_size_of_the_image(phi, sr, hr):
    difference = (phi(sr) - phi(hr)).flatten(1)
    return (difference.square().sum(1).sqrt() / hr[0].numel()).mean()


@mutant(0, "not_divided")
def norm_alone(phi, sr, hr):
    return (phi(sr) - phi(hr)).flatten(1).square().sum(1).sqrt().mean()


@mutant(2, "one_norm_for_the_batch")
def one_norm_for_all_images(phi, sr, hr):
    difference = phi(sr) - phi(hr)
    return torch.sqrt((difference**2).sum()) / difference.numel()


@mutant(2)
def without_a_gradient(phi, sr, hr):
    with torch.no_grad():
        difference = (phi(sr) - phi(hr)).flatten(1)
    return (difference.square().sum(1).sqrt() / difference.shape[1]).mean()
