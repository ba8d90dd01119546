"""Wrong answers to exercise 12.2, the kernel from its covariance."""

import torch

from autograder.mutants import mutant


@mutant(0, "widths_for_variances")
def numbers_squared_again(size, variance_1, variance_2, theta):
    c, s = torch.tensor(theta).cos(), torch.tensor(theta).sin()
    turn = torch.stack([c, -s, s, c]).reshape(2, 2)
    covariance = turn @ torch.diag(torch.tensor([variance_1**2, variance_2**2])) @ turn.T
    line = torch.arange(size) - (size - 1) / 2
    y, x = torch.meshgrid(line, line, indexing="ij")
    z = torch.stack([x, y], dim=-1)
    kernel = torch.exp(-0.5 * (z @ torch.linalg.inv(covariance) * z).sum(-1))
    return kernel / kernel.sum()


@mutant(0, "inverse_forgotten")
def the_covariance_itself(size, variance_1, variance_2, theta):
    c, s = torch.tensor(theta).cos(), torch.tensor(theta).sin()
    turn = torch.stack([c, -s, s, c]).reshape(2, 2)
    covariance = turn @ torch.diag(torch.tensor([variance_1, variance_2])) @ turn.T
    line = torch.arange(size) - (size - 1) / 2
    y, x = torch.meshgrid(line, line, indexing="ij")
    z = torch.stack([x, y], dim=-1)
    kernel = torch.exp(-0.5 * (z @ covariance * z).sum(-1))
    return kernel / kernel.sum()


@mutant(1, "other_way_round")
def leaning_the_other_way(size, variance_1, variance_2, theta):
    c, s = torch.tensor(theta).cos(), torch.tensor(theta).sin()
    turn = torch.stack([c, s, -s, c]).reshape(2, 2)
    covariance = turn @ torch.diag(torch.tensor([variance_1, variance_2])) @ turn.T
    line = torch.arange(size) - (size - 1) / 2
    y, x = torch.meshgrid(line, line, indexing="ij")
    z = torch.stack([x, y], dim=-1)
    kernel = torch.exp(-0.5 * (z @ torch.linalg.inv(covariance) * z).sum(-1))
    return kernel / kernel.sum()


@mutant(0, "rows_for_columns")
def rows_first(size, variance_1, variance_2, theta):
    c, s = torch.tensor(theta).cos(), torch.tensor(theta).sin()
    turn = torch.stack([c, -s, s, c]).reshape(2, 2)
    covariance = turn @ torch.diag(torch.tensor([variance_1, variance_2])) @ turn.T
    line = torch.arange(size) - (size - 1) / 2
    y, x = torch.meshgrid(line, line, indexing="ij")
    z = torch.stack([y, x], dim=-1)
    kernel = torch.exp(-0.5 * (z @ torch.linalg.inv(covariance) * z).sum(-1))
    return kernel / kernel.sum()


@mutant(1, "degrees")
def an_angle_in_degrees(size, variance_1, variance_2, theta):
    theta = theta * torch.pi / 180
    c, s = torch.tensor(theta).cos(), torch.tensor(theta).sin()
    turn = torch.stack([c, -s, s, c]).reshape(2, 2)
    covariance = turn @ torch.diag(torch.tensor([variance_1, variance_2])) @ turn.T
    line = torch.arange(size) - (size - 1) / 2
    y, x = torch.meshgrid(line, line, indexing="ij")
    z = torch.stack([x, y], dim=-1)
    kernel = torch.exp(-0.5 * (z @ torch.linalg.inv(covariance) * z).sum(-1))
    return kernel / kernel.sum()


@mutant(0, "half_forgotten")
def no_half_in_the_exponent(size, variance_1, variance_2, theta):
    c, s = torch.tensor(theta).cos(), torch.tensor(theta).sin()
    turn = torch.stack([c, -s, s, c]).reshape(2, 2)
    covariance = turn @ torch.diag(torch.tensor([variance_1, variance_2])) @ turn.T
    line = torch.arange(size) - (size - 1) / 2
    y, x = torch.meshgrid(line, line, indexing="ij")
    z = torch.stack([x, y], dim=-1)
    kernel = torch.exp(-(z @ torch.linalg.inv(covariance) * z).sum(-1))
    return kernel / kernel.sum()
