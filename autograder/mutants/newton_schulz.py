"""Wrong answers to exercise 7.3, the square root of a matrix."""

import torch

from autograder.mutants import mutant


@mutant(0, "scale_forgotten")
def the_trace_is_not_undone(matrices, steps):
    trace = matrices.diagonal(dim1=-2, dim2=-1).sum(-1)[:, None, None]
    eye = torch.eye(matrices.shape[-1])
    root, inverse = matrices / trace, eye
    for _ in range(steps):
        correction = (3 * eye - inverse @ root) / 2
        root, inverse = root @ correction, correction @ inverse
    return root


@mutant(0, "whole_trace")
def times_the_trace(matrices, steps):
    trace = matrices.diagonal(dim1=-2, dim2=-1).sum(-1)[:, None, None]
    eye = torch.eye(matrices.shape[-1])
    root, inverse = matrices / trace, eye
    for _ in range(steps):
        correction = (3 * eye - inverse @ root) / 2
        root, inverse = root @ correction, correction @ inverse
    return root * trace


@mutant(1, "not_scaled")
def begun_with_the_matrix_itself(matrices, steps):
    eye = torch.eye(matrices.shape[-1])
    root, inverse = matrices, eye
    for _ in range(steps):
        correction = (3 * eye - inverse @ root) / 2
        root, inverse = root @ correction, correction @ inverse
    return root


@mutant(0, "one_after_the_other")
def the_new_root_in_the_second_product(matrices, steps):
    trace = matrices.diagonal(dim1=-2, dim2=-1).sum(-1)[:, None, None]
    eye = torch.eye(matrices.shape[-1])
    root, inverse = matrices / trace, eye
    for _ in range(steps):
        root = root @ (3 * eye - inverse @ root) / 2
        inverse = (3 * eye - inverse @ root) @ inverse / 2
    return root * trace.sqrt()


@mutant(1, "one_step_more")
def one_step_too_many(matrices, steps):
    trace = matrices.diagonal(dim1=-2, dim2=-1).sum(-1)[:, None, None]
    eye = torch.eye(matrices.shape[-1])
    root, inverse = matrices / trace, eye
    for _ in range(steps + 1):
        correction = (3 * eye - inverse @ root) / 2
        root, inverse = root @ correction, correction @ inverse
    return root * trace.sqrt()


@mutant(0, "entries")
def the_root_of_each_entry(matrices, steps):
    return matrices.clamp_min(0).sqrt()


@mutant(3)
def one_trace_for_the_batch(matrices, steps):
    trace = matrices.diagonal(dim1=-2, dim2=-1).sum()
    eye = torch.eye(matrices.shape[-1])
    root, inverse = matrices / trace, eye
    for _ in range(steps):
        correction = (3 * eye - inverse @ root) / 2
        root, inverse = root @ correction, correction @ inverse
    return root * trace.sqrt()
