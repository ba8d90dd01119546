"""Wrong answers to exercise 9.5, the cycle loss."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {"mean_of_squares": 1, "absolute_differences": 1}


@mutant(2, "infinite_slope")
def nothing_under_the_root(there, back, x):
    change = (back(there(x)) - x).flatten(1)
    return (torch.sqrt((change**2).sum(1)) / change.shape[1]).mean()


@mutant(0, "one_way")
def there_without_back(there, back, x):
    change = (there(x) - x).flatten(1)
    return (torch.sqrt((change**2).sum(1) + 1e-12) / change.shape[1]).mean()


@mutant(1, "wrong_way_round")
def back_before_there(there, back, x):
    change = (there(back(x)) - x).flatten(1)
    return (torch.sqrt((change**2).sum(1) + 1e-12) / change.shape[1]).mean()


@mutant(1, "not_divided")
def norm_alone(there, back, x):
    return torch.sqrt(((back(there(x)) - x).flatten(1) ** 2).sum(1) + 1e-14).mean()


@mutant(2, "one_norm_for_the_batch")
def one_norm_for_all_images(there, back, x):
    change = back(there(x)) - x
    return torch.sqrt((change**2).sum() + 1e-12) / change.numel()


@mutant(0)
def cut_from_the_graph(there, back, x):
    with torch.no_grad():
        change = (back(there(x)) - x).flatten(1)
    return (torch.sqrt((change**2).sum(1) + 1e-12) / change.shape[1]).mean()
