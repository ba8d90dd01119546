"""Wrong answers to exercise 15.2, when to cut the learning rate."""

import torch

from autograder.mutants import mutant


@mutant(1, "sign")
def the_sign_of_the_slope(errors, ratio):
    n = len(errors)
    e, t = torch.tensor(errors).double(), torch.arange(n).double() - (n - 1) / 2
    slope = (t * e).sum() / (t * t).sum()
    rest = e - e.mean() - slope * t
    return bool(ratio * slope < (rest.square().sum() / (n - 2) / (t * t).sum()).sqrt())


@mutant(0)
def whether_to_go_on(errors, ratio):
    n = len(errors)
    e, t = torch.tensor(errors).double(), torch.arange(n).double() - (n - 1) / 2
    slope = (t * e).sum() / (t * t).sum()
    rest = e - e.mean() - slope * t
    return bool(-ratio * slope >= (rest.square().sum() / (n - 2) / (t * t).sum()).sqrt())


@mutant(1, "never")
def the_port(errors, ratio):
    return False


@mutant(3)
def two_errors_only(errors, ratio):
    return errors[-1] >= errors[0]


@mutant(2)
def always(errors, ratio):
    return True


@mutant(0)
def the_slope_itself(errors, ratio):
    n = len(errors)
    e, t = torch.tensor(errors).double(), torch.arange(n).double() - (n - 1) / 2
    return ((t * e).sum() / (t * t).sum()).item()
