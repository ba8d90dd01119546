"""Adversarial losses of generator and discriminator, computed from the discriminator's logits.

A discriminator gives a *logit* ``z``: any real number, larger for images that it classifies as real. The lecture writes
``D`` for a probability; with cross-entropy, ``D = sigmoid(z)``, and ``-log D = softplus(-z)`` is computed without a
logarithm of zero. Each game is a pair of losses; the training loop (:mod:`srkit.training.adversarial`) plays them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit._registry import Registry

__all__ = ["GAMES", "Game", "gradient_penalty"]


@dataclass(frozen=True)
class Game:
    """What each side minimises."""

    name: str  # how a formula spells it
    # of the logits of real and of made images, the loss of the network that makes them
    generator: Callable[[Tensor, Tensor], Tensor]
    discriminator: Callable[[Tensor, Tensor], Tensor]  # of the same, the loss of the network that tells them apart
    # weight of the gradient penalty (:func:`gradient_penalty`) added for the discriminator; 0 for none
    penalty: float = 0.0
    relative: bool = False  # whether the generator's loss looks at the real images too

    @property
    def maker(self) -> Callable[[Tensor, Tensor], Tensor]:
        """The generator's loss, as copies of lesson 09 call it."""
        return self.generator

    @property
    def judge(self) -> Callable[[Tensor, Tensor], Tensor]:
        """The discriminator's loss, as copies of lesson 09 call it."""
        return self.discriminator


def gradient_penalty(discriminator: Callable[[Tensor], Tensor], real: Tensor, made: Tensor, *, share: Tensor) -> Tensor:
    """Return the mean of ``(|gradient of the discriminator| - 1)**2`` between real and made images.

    Gulrajani et al., "Improved Training of Wasserstein GANs", NIPS 2017, equation 3: the norm is over all pixels of one
    image, at a random point of the line between a real and a made one.

    Args:
        discriminator: images to logits; a map of logits counts by its mean, so that PatchGANs obey the same bound.
        real: ``(b, c, h, w)``.
        made: the same shape.
        share: ``(b, 1, 1, 1)`` in [0, 1], how much of the real image is in each mixture.
    """
    between = (share * real + (1 - share) * made).detach().requires_grad_()  # (b, c, h, w)
    said = discriminator(between).flatten(1).mean(1).sum()  # (b, …) -> scalar
    (gradient,) = torch.autograd.grad(said, between, create_graph=True)
    lengths: Tensor = torch.linalg.vector_norm(gradient.flatten(1), dim=1)  # (b)
    return (lengths - 1).square().mean()  # scalar


def _cross_entropy_generator(real: Tensor, made: Tensor) -> Tensor:
    """-log D(made): the non-saturating form; log(1 - D(made)) has no gradient where the generator is bad."""
    return F.softplus(-made).mean()


def _cross_entropy_discriminator(real: Tensor, made: Tensor) -> Tensor:
    """-log D(real) - log(1 - D(made)); some code halves the sum."""
    return F.softplus(-real).mean() + F.softplus(made).mean()


def _least_squares_generator(real: Tensor, made: Tensor) -> Tensor:
    """(D(made) - 1)^2, where D is the logit itself, without a sigmoid; often halved (Mao et al., ICCV 2017)."""
    return (made - 1).square().mean()


def _least_squares_discriminator(real: Tensor, made: Tensor) -> Tensor:
    """D(made)^2 + (D(real) - 1)^2; often halved."""
    return made.square().mean() + (real - 1).square().mean()


def _linear_generator(real: Tensor, made: Tensor) -> Tensor:
    """-D(made): of the hinge and the Wasserstein game."""
    return -made.mean()


def _hinge_discriminator(real: Tensor, made: Tensor) -> Tensor:
    """max(0, 1 - D(real)) + max(0, 1 + D(made)); Lim, Ye, "Geometric GAN", 2017."""
    return F.relu(1 - real).mean() + F.relu(1 + made).mean()


def _wasserstein_discriminator(real: Tensor, made: Tensor) -> Tensor:
    """D(made) - D(real), to which 10 times the gradient penalty is added (Gulrajani et al., algorithm 1)."""
    return made.mean() - real.mean()


def _relativistic_generator(real: Tensor, made: Tensor) -> Tensor:
    """-log(1 - D(real, made)) - log D(made, real), D(a, b) = sigmoid(C(a) - mean C(b)); ESRGAN section 3.2.

    BasicSR takes half of it.
    """
    return F.softplus(real - made.mean()).mean() + F.softplus(real.mean() - made).mean()


def _relativistic_discriminator(real: Tensor, made: Tensor) -> Tensor:
    """-log D(real, made) - log(1 - D(made, real)): the generator's with the two exchanged; BasicSR takes half of it."""
    return _relativistic_generator(made, real)


GAMES: Registry[Game] = Registry("adversarial game")

for _game in (
    Game("CE", _cross_entropy_generator, _cross_entropy_discriminator),
    Game("LS", _least_squares_generator, _least_squares_discriminator),
    Game("Hinge", _linear_generator, _hinge_discriminator),
    Game("WGAN_GP", _linear_generator, _wasserstein_discriminator, penalty=10.0),
    Game("RaGAN", _relativistic_generator, _relativistic_discriminator, relative=True),
):
    GAMES.register(GAMES.key(_game.name))(_game)
