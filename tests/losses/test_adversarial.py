"""The adversarial games beside torch's cross-entropy, closed values, and the definition of a gradient penalty."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from srkit.losses import GAMES, gradient_penalty

REAL = torch.randn(5, 1, 3, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
MADE = torch.randn(5, 1, 3, 3, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
ONE, NOTHING = torch.ones_like(REAL), torch.zeros_like(REAL)
UNDECIDED = {  # both sides' losses when the discriminator cannot tell: D = 1/2
    "CE": (0.0, math.log(2), 2 * math.log(2)),
    "LS": (0.5, 0.25, 0.5),
    "Hinge": (0.0, 0.0, 2.0),
    "WGAN_GP": (0.0, 0.0, 0.0),
    "RaGAN": (0.0, 2 * math.log(2), 2 * math.log(2)),
}


@pytest.mark.parametrize("name", UNDECIDED)
def test_an_undecided_discriminator_gives_the_closed_values(name: str) -> None:
    logit, generator, discriminator = UNDECIDED[name]
    verdict = torch.full((4, 1), logit)
    game = GAMES.get(name)
    assert float(game.generator(verdict, verdict)) == pytest.approx(generator)
    assert float(game.discriminator(verdict, verdict)) == pytest.approx(discriminator)


def test_every_game_has_its_closed_values_tested() -> None:
    assert {GAMES.key(name) for name in UNDECIDED} == set(GAMES)


def test_cross_entropy_is_torchs_on_the_same_logits() -> None:
    game, entropy = GAMES.get("CE"), F.binary_cross_entropy_with_logits
    torch.testing.assert_close(game.generator(REAL, MADE), entropy(MADE, ONE))
    torch.testing.assert_close(game.discriminator(REAL, MADE), entropy(REAL, ONE) + entropy(MADE, NOTHING))


def test_least_squares_is_torchs_mse_against_the_labels() -> None:
    game = GAMES.get("LS")
    torch.testing.assert_close(game.generator(REAL, MADE), F.mse_loss(MADE, ONE))
    torch.testing.assert_close(game.discriminator(REAL, MADE), F.mse_loss(REAL, ONE) + F.mse_loss(MADE, NOTHING))


def test_the_hinge_stops_pushing_once_an_image_is_judged_clearly() -> None:
    game = GAMES.get("Hinge")
    real, made = torch.tensor([3.0, 0.5]).requires_grad_(), torch.tensor([-3.0, 0.5]).requires_grad_()
    loss = game.discriminator(real, made)
    loss.backward()
    assert loss.item() == pytest.approx((0.5 + 1.5) / 2)
    assert real.grad.tolist() == [0.0, -0.5]
    assert made.grad.tolist() == [0.0, 0.5]


def test_the_relativistic_average_is_the_cross_entropy_of_differences_from_the_mean() -> None:
    game, entropy = GAMES.get("RaGAN"), F.binary_cross_entropy_with_logits
    against_made, against_real = REAL - MADE.mean(), MADE - REAL.mean()
    expected = entropy(against_made, ONE) + entropy(against_real, NOTHING)
    torch.testing.assert_close(game.discriminator(REAL, MADE), expected)
    expected = entropy(against_made, NOTHING) + entropy(against_real, ONE)
    torch.testing.assert_close(game.generator(REAL, MADE), expected)


@given(st.floats(-5, 5))
def test_only_differences_count_in_the_relativistic_game(shift: float) -> None:
    game = GAMES.get("RaGAN")
    torch.testing.assert_close(game.generator(REAL + shift, MADE + shift), game.generator(REAL, MADE))


def test_logits_of_any_size_give_finite_losses_and_gradients() -> None:
    for name in GAMES:
        made = torch.tensor([-1e4, 1e4]).requires_grad_()
        loss = GAMES.get(name).generator(torch.tensor([1e4, -1e4]), made)
        loss.backward()
        assert torch.isfinite(loss)
        assert torch.isfinite(made.grad).all()


def test_each_side_wants_what_the_other_does_not() -> None:
    for name in GAMES:
        made = torch.tensor([0.2]).requires_grad_()
        real = torch.tensor([0.4])
        game = GAMES.get(name)
        (generator,) = torch.autograd.grad(game.generator(real, made), made)
        (discriminator,) = torch.autograd.grad(game.discriminator(real, made), made)
        assert generator < 0 < discriminator, name


@given(st.floats(0, 4))
def test_the_penalty_of_a_linear_critic_is_known_whatever_the_images(length: float) -> None:
    direction = torch.randn(3, 6, 6, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    direction = direction / direction.norm() * length
    images = torch.rand(2, 4, 3, 6, 6, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    share = torch.rand(4, 1, 1, 1, generator=torch.Generator().manual_seed(4), dtype=torch.float64)
    found = gradient_penalty(lambda x: (x * direction).sum((1, 2, 3))[:, None], images[0], images[1], share=share)
    assert float(found) == pytest.approx((length - 1) ** 2, abs=1e-9)


def test_the_penalty_is_taken_on_the_line_between_real_and_made_and_trains_the_critic() -> None:
    real, made = torch.full((1, 1, 1, 1), 4.0), torch.zeros(1, 1, 1, 1)
    slope = nn.Parameter(torch.tensor(1.0))
    found = gradient_penalty(lambda x: slope * x**2, real, made, share=torch.full((1, 1, 1, 1), 0.25))
    assert float(found) == pytest.approx((2 * 1.0 - 1) ** 2), "at x = 1 the slope of x^2 is 2"
    found.backward()
    assert float(slope.grad) == pytest.approx(2 * (2 - 1) * 2)
