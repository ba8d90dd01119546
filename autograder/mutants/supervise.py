"""Wrong answers to exercise 10.2, DRCN's loss."""

import torch
import torch.nn.functional as F

from autograder.mutants import mutant

OF_SLIPS = {"loss_of_the_mean_image": 0, "alpha_exchanged": 0, "not_weighed": 0, "final_alone": 0}


@mutant(0, "sum_of_the_early_ones")
def the_early_ones_are_summed(early, final, hr, alpha):
    return alpha * sum(F.mse_loss(one, hr) for one in early) + (1 - alpha) * F.mse_loss(final, hr)


@mutant(2)
def early_ones_without_a_gradient(early, final, hr, alpha):
    with torch.no_grad():
        losses = torch.stack([F.mse_loss(one, hr) for one in early])
    return alpha * losses.mean() + (1 - alpha) * F.mse_loss(final, hr)


@mutant(0)
def last_early_one_only(early, final, hr, alpha):
    return alpha * F.mse_loss(early[-1], hr) + (1 - alpha) * F.mse_loss(final, hr)
