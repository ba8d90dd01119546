"""Wrong answers to exercise 10.2, DRCN's loss."""

import torch
import torch.nn.functional as F

from autograder.mutants import mutant


@mutant(0, "sum_of_the_early_ones")
def the_early_ones_are_summed(early, final, hr, alpha):
    return alpha * sum(F.mse_loss(one, hr) for one in early) + (1 - alpha) * F.mse_loss(final, hr)


@mutant(0, "loss_of_the_mean_image")
def loss_of_the_mean(early, final, hr, alpha):
    return alpha * F.mse_loss(sum(early) / len(early), hr) + (1 - alpha) * F.mse_loss(final, hr)


@mutant(0, "alpha_exchanged")
def alpha_at_the_wrong_end(early, final, hr, alpha):
    losses = [F.mse_loss(one, hr) for one in early]
    return (1 - alpha) * sum(losses) / len(losses) + alpha * F.mse_loss(final, hr)


@mutant(0, "not_weighed")
def both_parts_in_full(early, final, hr, alpha):
    return sum(F.mse_loss(one, hr) for one in early) / len(early) + F.mse_loss(final, hr)


@mutant(0, "final_alone")
def ordinary_training(early, final, hr, alpha):
    return F.mse_loss(final, hr)


@mutant(2)
def early_ones_without_a_gradient(early, final, hr, alpha):
    with torch.no_grad():
        losses = torch.stack([F.mse_loss(one, hr) for one in early])
    return alpha * losses.mean() + (1 - alpha) * F.mse_loss(final, hr)


@mutant(0)
def last_early_one_only(early, final, hr, alpha):
    return alpha * F.mse_loss(early[-1], hr) + (1 - alpha) * F.mse_loss(final, hr)
