"""Wrong answers to exercise 14.3, CinCGAN's inner cycle."""

import torch
import torch.nn.functional as F

from autograder.mutants import mutant


@mutant(1, "not_weighed")
def terms_without_weights(clean, spoil, judge, x, y):
    made = clean(x)
    variation = 2 * sum(made.diff(dim=axis).square().mean() for axis in (2, 3))
    return (judge(made) - 1).square().mean(), F.mse_loss(spoil(made), x), F.l1_loss(clean(y), y), variation


@mutant(3, "judged_as_made")
def the_judges_side_of_the_game(clean, spoil, judge, x, y):
    made = clean(x)
    smooth = sum(made.diff(dim=axis).square().mean() for axis in (2, 3))
    return judge(made).square().mean(), 10 * F.mse_loss(spoil(made), x), 5 * F.l1_loss(clean(y), y), smooth


@mutant(3, "judge_of_the_real")
def judge_looks_at_real_images(clean, spoil, judge, x, y):
    made = clean(x)
    smooth = sum(made.diff(dim=axis).square().mean() for axis in (2, 3))
    return (judge(y) - 1).square().mean(), 10 * F.mse_loss(spoil(made), x), 5 * F.l1_loss(clean(y), y), smooth


@mutant(3, "compared_with_a_stranger")
def home_is_somewhere_else(clean, spoil, judge, x, y):
    made = clean(x)
    smooth = sum(made.diff(dim=axis).square().mean() for axis in (2, 3))
    return (judge(made) - 1).square().mean(), 10 * F.mse_loss(spoil(made), y), 5 * F.l1_loss(clean(y), y), smooth


@mutant(3, "the_other_cycle")
def cycle_from_the_clean_side(clean, spoil, judge, x, y):
    made = clean(x)
    smooth = sum(made.diff(dim=axis).square().mean() for axis in (2, 3))
    return (judge(made) - 1).square().mean(), 10 * F.mse_loss(clean(spoil(y)), y), 5 * F.l1_loss(clean(y), y), smooth


@mutant(3, "noisy_stays_noisy")
def identity_of_the_noisy_image(clean, spoil, judge, x, y):
    made = clean(x)
    smooth = sum(made.diff(dim=axis).square().mean() for axis in (2, 3))
    return (judge(made) - 1).square().mean(), 10 * F.mse_loss(spoil(made), x), 5 * F.l1_loss(made, x), smooth


@mutant(3, "smooth_input")
def smoothness_of_the_input(clean, spoil, judge, x, y):
    made = clean(x)
    smooth = sum(x.diff(dim=axis).square().mean() for axis in (2, 3))
    return (judge(made) - 1).square().mean(), 10 * F.mse_loss(spoil(made), x), 5 * F.l1_loss(clean(y), y), smooth


@mutant(3, "absolute_variation")
def absolute_differences(clean, spoil, judge, x, y):
    made = clean(x)
    smooth = sum(made.diff(dim=axis).abs().mean() for axis in (2, 3))
    return (judge(made) - 1).square().mean(), 10 * F.mse_loss(spoil(made), x), 5 * F.l1_loss(clean(y), y), smooth


@mutant(3, "halved_variation")
def the_two_is_forgotten(clean, spoil, judge, x, y):
    made = clean(x)
    smooth = 0.5 * sum(made.diff(dim=axis).square().mean() for axis in (2, 3))
    return (judge(made) - 1).square().mean(), 10 * F.mse_loss(spoil(made), x), 5 * F.l1_loss(clean(y), y), smooth


@mutant(3)
def cross_entropy_game(clean, spoil, judge, x, y):
    made = clean(x)
    smooth = sum(made.diff(dim=axis).square().mean() for axis in (2, 3))
    return F.softplus(-judge(made)).mean(), 10 * F.mse_loss(spoil(made), x), 5 * F.l1_loss(clean(y), y), smooth


@mutant(0)
def all_in_one_number(clean, spoil, judge, x, y):
    made = clean(x)
    return torch.stack([(judge(made) - 1).square().mean(), 10 * F.mse_loss(spoil(made), x)]).sum()
