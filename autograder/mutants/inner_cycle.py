"""Wrong answers to exercise 14.3, CinCGAN's inner cycle."""

import torch
import torch.nn.functional as F

from autograder.mutants import mutant


@mutant(1, "not_weighed")
def terms_without_weights(clean, spoil, discriminator, x, y):
    made = clean(x)
    variation = 2 * sum(made.diff(dim=axis).square().mean() for axis in (2, 3))
    return (discriminator(made) - 1).square().mean(), F.mse_loss(spoil(made), x), F.l1_loss(clean(y), y), variation


@mutant(3, "taken_for_made")
def the_discriminators_side_of_the_game(clean, spoil, discriminator, x, y):
    made = clean(x)
    smooth = sum(made.diff(dim=axis).square().mean() for axis in (2, 3))
    return discriminator(made).square().mean(), 10 * F.mse_loss(spoil(made), x), 5 * F.l1_loss(clean(y), y), smooth


@mutant(3, "discriminator_of_the_real")
def discriminator_looks_at_real_images(clean, spoil, discriminator, x, y):
    made = clean(x)
    smooth = sum(made.diff(dim=axis).square().mean() for axis in (2, 3))
    return (discriminator(y) - 1).square().mean(), 10 * F.mse_loss(spoil(made), x), 5 * F.l1_loss(clean(y), y), smooth


@mutant(3, "compared_with_a_stranger")
def home_is_somewhere_else(clean, spoil, discriminator, x, y):
    made = clean(x)
    smooth = sum(made.diff(dim=axis).square().mean() for axis in (2, 3))
    return (
        (discriminator(made) - 1).square().mean(),
        10 * F.mse_loss(spoil(made), y),
        5 * F.l1_loss(clean(y), y),
        smooth,
    )


@mutant(3, "the_other_cycle")
def cycle_from_the_clean_side(clean, spoil, discriminator, x, y):
    made = clean(x)
    smooth = sum(made.diff(dim=axis).square().mean() for axis in (2, 3))
    return (
        (discriminator(made) - 1).square().mean(),
        10 * F.mse_loss(clean(spoil(y)), y),
        5 * F.l1_loss(clean(y), y),
        smooth,
    )


@mutant(3, "noisy_stays_noisy")
def identity_of_the_noisy_image(clean, spoil, discriminator, x, y):
    made = clean(x)
    smooth = sum(made.diff(dim=axis).square().mean() for axis in (2, 3))
    return (discriminator(made) - 1).square().mean(), 10 * F.mse_loss(spoil(made), x), 5 * F.l1_loss(made, x), smooth


@mutant(3, "smooth_input")
def smoothness_of_the_input(clean, spoil, discriminator, x, y):
    made = clean(x)
    smooth = sum(x.diff(dim=axis).square().mean() for axis in (2, 3))
    return (
        (discriminator(made) - 1).square().mean(),
        10 * F.mse_loss(spoil(made), x),
        5 * F.l1_loss(clean(y), y),
        smooth,
    )


@mutant(3, "absolute_variation")
def absolute_differences(clean, spoil, discriminator, x, y):
    made = clean(x)
    smooth = sum(made.diff(dim=axis).abs().mean() for axis in (2, 3))
    return (
        (discriminator(made) - 1).square().mean(),
        10 * F.mse_loss(spoil(made), x),
        5 * F.l1_loss(clean(y), y),
        smooth,
    )


@mutant(3, "halved_variation")
def the_two_is_forgotten(clean, spoil, discriminator, x, y):
    made = clean(x)
    smooth = 0.5 * sum(made.diff(dim=axis).square().mean() for axis in (2, 3))
    return (
        (discriminator(made) - 1).square().mean(),
        10 * F.mse_loss(spoil(made), x),
        5 * F.l1_loss(clean(y), y),
        smooth,
    )


@mutant(3)
def cross_entropy_game(clean, spoil, discriminator, x, y):
    made = clean(x)
    smooth = sum(made.diff(dim=axis).square().mean() for axis in (2, 3))
    return F.softplus(-discriminator(made)).mean(), 10 * F.mse_loss(spoil(made), x), 5 * F.l1_loss(clean(y), y), smooth


@mutant(0)
def all_in_one_number(clean, spoil, discriminator, x, y):
    made = clean(x)
    return torch.stack([(discriminator(made) - 1).square().mean(), 10 * F.mse_loss(spoil(made), x)]).sum()
