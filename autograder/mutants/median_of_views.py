"""Wrong answers to exercise 15.4, the median of eight answers."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {"lower_of_the_two": 2, "four_views": 2}


@mutant(1, "mean")
def the_mean(net, x):
    total = 0
    for k in range(4):
        for view in (x, x.flip(2)):
            back = torch.rot90(net(torch.rot90(view, k, (1, 2))), -k, (1, 2))
            total = total + (back if view is x else back.flip(2))
    return total / 8


@mutant(0, "not_turned_back")
def never_turned_back(net, x):
    answers = [net(torch.rot90(view, k, (1, 2))) for view in (x, x.flip(2)) for k in range(4)]
    return torch.quantile(torch.stack(answers), 0.5, dim=0)


@mutant(1)
def asked_once(net, x):
    return net(x)
