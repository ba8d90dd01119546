"""Wrong answers to exercise 11.5, the total variation."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {"means_of_absolute_differences": 1, "absolute_differences": 1, "wraps_around": 1}


@mutant(3, "infinite_slope")
def nothing_under_the_root(sr):
    dx = sr[:, :, :-1, :-1] - sr[:, :, :-1, 1:]
    dy = sr[:, :, :-1, :-1] - sr[:, :, 1:, :-1]
    return torch.sqrt(dx**2 + dy**2).mean()


@mutant(1, "sum_instead_of_mean")
def sum_instead_of_mean(sr):
    dx = sr[:, :, :-1, :-1] - sr[:, :, :-1, 1:]
    dy = sr[:, :, :-1, :-1] - sr[:, :, 1:, :-1]
    return torch.sqrt(dx**2 + dy**2 + 1e-12).sum()


@mutant(1, "no_root")
def no_root(sr):
    dx = sr[:, :, :-1, :-1] - sr[:, :, :-1, 1:]
    dy = sr[:, :, :-1, :-1] - sr[:, :, 1:, :-1]
    return (dx**2 + dy**2).mean()


@mutant(1, "root_of_the_mean")
def root_at_the_end(sr):
    dx = sr[:, :, :-1, :-1] - sr[:, :, :-1, 1:]
    dy = sr[:, :, :-1, :-1] - sr[:, :, 1:, :-1]
    return torch.sqrt((dx**2 + dy**2).mean() + 1e-12)


@mutant(2)
def cut_from_the_graph(sr):
    sr = sr.detach()
    dx = sr[:, :, :-1, :-1] - sr[:, :, :-1, 1:]
    dy = sr[:, :, :-1, :-1] - sr[:, :, 1:, :-1]
    return torch.sqrt(dx**2 + dy**2 + 1e-12).mean()


@mutant(0)
def a_number_instead_of_a_tensor(sr):
    dx = sr[:, :, :-1, :-1] - sr[:, :, :-1, 1:]
    dy = sr[:, :, :-1, :-1] - sr[:, :, 1:, :-1]
    return torch.sqrt(dx**2 + dy**2 + 1e-12).mean().item()


@mutant(3, "batch_summed")
def batch_summed(sr):
    dx = sr[:, :, :-1, :-1] - sr[:, :, :-1, 1:]
    dy = sr[:, :, :-1, :-1] - sr[:, :, 1:, :-1]
    length = torch.sqrt(dx**2 + dy**2 + 1e-12)
    return length.sum() / length[0].numel()


@mutant(2, "channels_summed")
def channels_summed(sr):
    dx = sr[:, :, :-1, :-1] - sr[:, :, :-1, 1:]
    dy = sr[:, :, :-1, :-1] - sr[:, :, 1:, :-1]
    length = torch.sqrt(dx**2 + dy**2 + 1e-12)
    return length.sum(1).mean()


@mutant(0, "shapes_do_not_fit")
def shapes_that_do_not_fit(sr):
    dx = sr[:, :, :, 1:] - sr[:, :, :, :-1]
    dy = sr[:, :, 1:, :] - sr[:, :, :-1, :]
    return torch.sqrt(dx**2 + dy**2 + 1e-12).mean()


@mutant(0)
def mean_subtracted_in_place(sr):
    sr -= sr.mean()
    dx = sr[:, :, :-1, :-1] - sr[:, :, :-1, 1:]
    dy = sr[:, :, :-1, :-1] - sr[:, :, 1:, :-1]
    return torch.sqrt(dx**2 + dy**2 + 1e-12).mean()
