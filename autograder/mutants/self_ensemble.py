"""Wrong answers to exercise 11.1, the self-ensemble."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {"rotations_only": 1, "no_ensemble": 1}


@mutant(0, "not_turned_back")
def not_turned_back(net, lr):
    total = 0
    for axes in ([], [2], [3], [2, 3]):
        total = total + net(lr.flip(axes)) + net(lr.flip(axes).transpose(2, 3))
    return total / 8


@mutant(0, "wrong_order")
def undone_in_the_same_order(net, lr):
    total = 0
    for axes in ([], [2], [3], [2, 3]):
        total = total + net(lr.flip(axes)).flip(axes)
        total = total + net(lr.flip(axes).transpose(2, 3)).flip(axes).transpose(2, 3)
    return total / 8


@mutant(0, "sum_instead_of_mean")
def sum_instead_of_mean(net, lr):
    total = 0
    for axes in ([], [2], [3], [2, 3]):
        total = total + net(lr.flip(axes)).flip(axes)
        total = total + net(lr.flip(axes).transpose(2, 3)).transpose(2, 3).flip(axes)
    return total


@mutant(1, "flips_only")
def flips_only(net, lr):
    views = [net(lr.flip(axes)).flip(axes) for axes in ([], [2], [3], [2, 3])]
    return torch.stack(views).mean(0)


@mutant(1)
def median_instead_of_mean(net, lr):
    views = []
    for axes in ([], [2], [3], [2, 3]):
        views.append(net(lr.flip(axes)).flip(axes))
        views.append(net(lr.flip(axes).transpose(2, 3)).transpose(2, 3).flip(axes))
    return torch.stack(views).median(0).values


@mutant(0)
def forgets_to_return(net, lr):
    total = 0
    for axes in ([], [2], [3], [2, 3]):
        total = total + net(lr.flip(axes)).flip(axes)
        total = total + net(lr.flip(axes).transpose(2, 3)).transpose(2, 3).flip(axes)
    total = total / 8


@mutant(2)
def first_image_of_the_batch_only(net, lr):
    lr = lr[:1]
    total = 0
    for axes in ([], [2], [3], [2, 3]):
        total = total + net(lr.flip(axes)).flip(axes)
        total = total + net(lr.flip(axes).transpose(2, 3)).transpose(2, 3).flip(axes)
    return total / 8
