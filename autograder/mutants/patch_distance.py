"""Wrong answers to exercise 13.1, the nearest patch elsewhere."""

import torch
import torch.nn.functional as F

from autograder.mutants import mutant

OF_SLIPS = {"other_way": 0, "means_left_in": 1, "mean_of_the_place": 0, "all_patches": 0}


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
