"""Wrong answers to exercise 13.1, the nearest patch elsewhere."""

import torch
import torch.nn.functional as F

from autograder.mutants import mutant


@mutant(0, "other_way")
def nearest_for_the_other_image(image, other, size):
    mine, theirs = (F.unfold(x[None], size)[0].T for x in (image, other))
    mine, theirs = mine - mine.mean(1, keepdim=True), theirs - theirs.mean(1, keepdim=True)
    return (theirs[:, None] - mine[None]).square().mean(2).amin(1)


@mutant(1, "means_left_in")
def brightness_counts(image, other, size):
    mine, theirs = (F.unfold(x[None], size)[0].T for x in (image, other))
    return (mine[:, None] - theirs[None]).square().mean(2).amin(1)


@mutant(0, "mean_of_the_place")
def mean_over_the_wrong_axis(image, other, size):
    mine, theirs = (F.unfold(x[None], size)[0].T for x in (image, other))
    mine, theirs = mine - mine.mean(0), theirs - theirs.mean(0)
    return (mine[:, None] - theirs[None]).square().mean(2).amin(1)


@mutant(0, "all_patches")
def distance_to_all(image, other, size):
    mine, theirs = (F.unfold(x[None], size)[0].T for x in (image, other))
    mine, theirs = mine - mine.mean(1, keepdim=True), theirs - theirs.mean(1, keepdim=True)
    return (mine[:, None] - theirs[None]).square().mean(2).mean(1)


@mutant(1, "sum_of_squares")
def cdist_squared(image, other, size):
    mine, theirs = (F.unfold(x[None], size)[0].T for x in (image, other))
    mine, theirs = mine - mine.mean(1, keepdim=True), theirs - theirs.mean(1, keepdim=True)
    return torch.cdist(mine, theirs).amin(1) ** 2


@mutant(0)
def the_same_place(image, other, size):
    mine, theirs = (F.unfold(x[None], size)[0].T for x in (image, other))
    mine, theirs = mine - mine.mean(1, keepdim=True), theirs - theirs.mean(1, keepdim=True)
    both = min(len(mine), len(theirs))
    return (mine[:both] - theirs[:both]).square().mean(1)
