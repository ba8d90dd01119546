"""Wrong answers to exercise 20.3, another picture with the same decibels."""

import torch

from autograder.mutants import mutant

OF_SLIPS = {
    "downhill": 1,
    "not_along_the_sphere": 1,
    "error_grows": 0,
    "same_gradient": 3,
    "absolute_step": 1,
    "unchanged": 1,
}


@mutant(0, "no_gradient")
def without_a_graph(truth, start, measure, steps, step):
    error = start - truth
    for _ in range(steps):
        image = truth + error
        measure(image).backward()
        error = error + step * image.grad
    return truth + error


@mutant(1, "downhill")
def descended(truth, start, measure, steps, step):
    error = start - truth
    radius = error.norm()
    for _ in range(steps):
        image = (truth + error).requires_grad_()
        (gradient,) = torch.autograd.grad(measure(image), image)
        gradient = gradient - (gradient * error).sum() / error.norm() ** 2 * error
        error = error - step * radius * gradient / gradient.norm()
        error = error / error.norm() * radius
    return truth + error


@mutant(1)
def the_sign_of_the_gradient(truth, start, measure, steps, step):
    error = start - truth
    radius = error.norm()
    for _ in range(steps):
        image = (truth + error).requires_grad_()
        (gradient,) = torch.autograd.grad(measure(image), image)
        error = error + step * gradient.sign()
        error = error / error.norm() * radius
    return truth + error
