"""Wrong answers to exercise 9.3, the cross-entropy game."""

import torch
import torch.nn.functional as F

from autograder.mutants import mutant

OF_SLIPS = {"generator_helps_the_discriminator": 1, "halved": 1, "real_images_forgotten": 1, "labels_exchanged": 1}


@mutant(3, "logarithm_of_zero")
def logarithm_of_the_sigmoid(real, made):
    d_real, d_made = torch.sigmoid(real), torch.sigmoid(made)
    return -torch.log(d_made).mean(), -torch.log(d_real).mean() - torch.log(1 - d_made).mean()


@mutant(1, "saturating")
def the_minimax_generator(real, made):
    return F.logsigmoid(-made).mean(), -F.logsigmoid(real).mean() - F.logsigmoid(-made).mean()


@mutant(0, "summed_over_the_batch")
def sums(real, made):
    return F.softplus(-made).sum(), F.softplus(-real).sum() + F.softplus(made).sum()


@mutant(0, "logarithm_to_base_two")
def in_bits(real, made):
    bit = torch.log(torch.tensor(2.0))
    return F.softplus(-made).mean() / bit, (F.softplus(-real).mean() + F.softplus(made).mean()) / bit


@mutant(0)
def one_loss_only(real, made):
    return F.softplus(-made).mean()
