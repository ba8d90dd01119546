"""Training against discriminators: the only place where several networks and optimisers belong to one run.

The network that is trained (the *generator*) makes the same step as ever, :func:`srkit.training.one_step`; its loss has
one more term, what a discriminator says about its images. While that term is computed the discriminator is frozen: its
weights get no gradient, its statistics do not move. Then every discriminator makes a step of its own on the images of
that step. Usually there is one; a network that brings its own (CinCGAN has two) offers ``adversarial_terms()``, finds
them as ``discriminators`` and asks them in its ``predictions``. Goodfellow et al., "Generative Adversarial Nets", NIPS
2014, algorithm 1; Ledig et al., "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network",
CVPR 2017.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any

import torch
from torch import Tensor, nn
from torch.func import functional_call

from srkit import discriminators
from srkit.errors import BadFile, BadInput
from srkit.losses import GAMES, gradient_penalty
from srkit.training.config import Config, check_fields
from srkit.training.state import Guard, State
from srkit.training.supervise import LossFunction, has_predictions, terms_of
from srkit.training.world import chance, mean_over

__all__ = ["AdversarialTerm", "Discriminated", "Discriminator", "add_discriminators", "parse_adversarial"]

_FORMULA = re.compile(r"\s*(?:(?P<weight>[0-9.eE+-]+)\s*\*)?\s*(?P<game>[A-Za-z][\w-]*)\s*")


@dataclass(frozen=True, kw_only=True)
class AdversarialTerm:
    """One adversarial term of the loss: its form, its weight, and the discriminator it is trained against.

    Attributes:
        game: ``"CE"``, ``"LS"``, ``"Hinge"``, ``"WGAN_GP"`` or ``"RaGAN"`` (:data:`srkit.losses.GAMES`).
        weight: of the adversarial term in the loss of the network.
        discriminator: a name (:data:`srkit.discriminators.DISCRIMINATORS`), made for patches of ``config.patch``, or a
            module that gives logits.
        channels: of its first layer, where it is made by name; None is the paper's.
        learning_rate: of its Adam; None is that of the run. The run's schedule applies to both.
        betas: of its Adam.
        updates: steps it makes per step of the network.

    Raises:
        BadInput: a value is outside its range.
        UnknownName: there is no such game or discriminator.
    """

    game: str = "CE"
    weight: float = 1e-3
    discriminator: str | nn.Module = "srgan"
    channels: int | None = None
    learning_rate: float | None = None
    betas: tuple[float, float] = (0.9, 0.999)
    updates: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "betas", tuple(self.betas))
        check_fields(self, _RULES)
        GAMES.get(self.game)
        if isinstance(self.discriminator, str):
            discriminators.DISCRIMINATORS.get(self.discriminator)

    def as_dict(self) -> dict[str, Any]:
        """Return the settings as plain values; a discriminator that was given as a module is None."""
        named = self.discriminator if isinstance(self.discriminator, str) else None
        plain = {name: getattr(self, name) for name in ("game", "weight", "channels", "learning_rate", "updates")}
        return {**plain, "betas": list(self.betas), "discriminator": named}


def parse_adversarial(text: str, **settings: Any) -> AdversarialTerm:
    """Read ``"0.001*CE"`` or ``"5e-3*RaGAN"``; what is not in the text is given by name."""
    found = _FORMULA.fullmatch(text)
    try:
        weight = float((found and found["weight"]) or 1)
    except ValueError:
        found = None
    if found is None:
        raise BadInput(f"{text!r} is not an adversarial term: write a weight and a game, for example 0.001*CE.")
    return AdversarialTerm(game=found["game"], weight=weight, **settings)


class Discriminated:
    """A loss with one more term, the adversarial one. Computing it does not change the discriminator."""

    def __init__(self, loss: LossFunction, discriminator: Discriminator) -> None:
        self.loss = loss
        self.discriminator = discriminator

    def __call__(self, sr: Tensor, hr: Tensor) -> Tensor:
        """Return the scalar sum of the weighted terms of ``(b, 3, h, w)`` images."""
        return reduce(torch.add, self.terms(sr, hr).values())

    def terms(self, sr: Tensor, hr: Tensor) -> dict[str, Tensor]:
        """Return each weighted term by name, the adversarial one under the name of its game."""
        return {**terms_of(self.loss, sr, hr), self.discriminator.game.name: self.discriminator.generator_loss(sr, hr)}


class Discriminator:
    """A discriminator in a run, with its weights, optimiser and guard.

    Args:
        name: stands before its numbers in the history; empty where there is only one.

    Attributes:
        seen: real and made images of the step in hand.
    """

    def __init__(self, net: nn.Module, term: AdversarialTerm, config: Config, *, name: str = "") -> None:
        self.net, self.name, self.term = net.train(), name, term
        self.game = GAMES.get(term.game)
        self.ratio = (term.learning_rate or config.learning_rate) / config.learning_rate
        self.optimiser = torch.optim.Adam(net.parameters(), config.learning_rate * self.ratio, betas=term.betas)
        self.guard = Guard(factor=None if config.guard is None else math.inf, max_skips=config.max_skips)
        self.seen: list[tuple[Tensor, Tensor]] = []

    def generator_loss(self, sr: Tensor, hr: Tensor) -> Tensor:
        """Return the weighted adversarial loss of the generator, a scalar, and remember the images."""
        self.seen.append((hr.detach(), sr.detach()))
        made = self._asked(sr)
        real = self._asked(hr).detach() if self.game.relative else made.detach()
        return self.term.weight * self.game.generator(real, made)

    def learn(self, state: State, number: int) -> dict[str, float]:
        """Make one step; returns the loss and what is said on average about real and made images."""
        self.optimiser.zero_grad()
        for group in self.optimiser.param_groups:
            group["lr"] = state.optimiser.param_groups[0]["lr"] * self.ratio
        with chance(state.config.seed, state.step, state.world.rank, number, device=state.device):
            parts = torch.stack(list(self._differentiate()))  # (parts, 3)
        self._share_gradients(state)
        loss, real, made = mean_over(state.world, parts.mean(0)).tolist()
        gradients = [p.grad for p in self.net.parameters() if p.grad is not None]
        skipped = self.guard.check(loss, float(nn.utils.get_total_norm(gradients)))
        if not skipped:
            self.optimiser.step()
        name = f"{self.name} discriminator".strip()
        numbers = {"": loss, " of real": real, " of made": made, " skipped": float(bool(skipped))}
        return {name + what: value for what, value in numbers.items()}

    def _differentiate(self) -> Iterator[Tensor]:
        for hr, sr in self.seen:
            real, made = self.net(hr), self.net(sr)
            loss = self.game.discriminator(real, made)
            if self.game.penalty:
                share = torch.rand(len(hr), 1, 1, 1, device=hr.device)
                loss = loss + self.game.penalty * gradient_penalty(self.net, hr, sr, share=share)
            torch.autograd.backward(loss / len(self.seen))
            yield torch.stack([loss, real.mean(), made.mean()]).detach()

    def _asked(self, images: Tensor) -> Tensor:
        """Return the logits, without any change of weights or statistics."""
        weights = {name: weight.detach() for name, weight in self.net.named_parameters()}
        statistics = {name: value.clone() for name, value in self.net.named_buffers()}
        logits: Tensor = functional_call(self.net, {**weights, **statistics}, (images,))
        return logits

    def _share_gradients(self, state: State) -> None:
        if state.world.size > 1:
            for parameter in self.net.parameters():
                if parameter.grad is not None:
                    parameter.grad = mean_over(state.world, parameter.grad)

    def state_dict(self) -> dict[str, Any]:
        """Return weights, optimiser and guard."""
        return {
            "net": self.net.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "guard": self.guard.state_dict(),
        }

    def load_state_dict(self, saved: dict[str, Any], /) -> None:
        """Take up where :meth:`state_dict` left off."""
        try:
            self.net.load_state_dict(saved["net"])
        except RuntimeError as error:
            raise BadFile(
                f"The discriminator is not the one this run was trained against: {str(error).splitlines()[-1].strip()}"
            ) from error
        self.optimiser.load_state_dict(saved["optimiser"])
        self.guard.load_state_dict(saved["guard"])


def add_discriminators(state: State, term: AdversarialTerm | None) -> None:
    """Add to a run the discriminator of a term, which its loss then uses, or those of its network."""
    net: Any = state.net
    if term is not None:
        state.discriminators = [_discriminator_of(state, term)]
        state.loss = Discriminated(state.loss, state.discriminators[0])
    else:
        with chance(state.config.seed, -1):
            terms: dict[str, AdversarialTerm] = net.adversarial_terms()
        state.discriminators = [_made(one.discriminator, one, state, name) for name, one in terms.items()]
        net.discriminators = {one.name: one for one in state.discriminators}


def _discriminator_of(state: State, term: AdversarialTerm) -> Discriminator:
    config = state.config
    if config.supervision and has_predictions(state.net):
        raise BadInput(
            f"{type(state.net).__name__} is supervised in several places, and a discriminator sees one image: train "
            "with supervision=False to train its last prediction against one."
        )
    with chance(config.seed, -1):
        net = term.discriminator
        if isinstance(net, str):
            sizes = {} if term.channels is None else {"channels": term.channels}
            net = discriminators.create(net, size=config.patch, **sizes)
    return _made(net, term, state, "")


def _made(net: Any, term: AdversarialTerm, state: State, name: str) -> Discriminator:
    """Return what owns ``net`` in a run, on its device, the same in every process."""
    net = net.to(state.device)
    for parameter in net.parameters():
        parameter.data = mean_over(state.world, parameter.data)
    return Discriminator(net, term, state.config, name=name)


_RULES = (
    ("weight", lambda value: isinstance(value, int | float) and 0 <= value < math.inf, "a finite number, 0 or more"),
    ("discriminator", lambda value: isinstance(value, str | nn.Module), "a name or a module"),
    ("channels", lambda value: value is None or (isinstance(value, int) and value > 0), "a whole number above 0"),
    ("learning_rate", lambda value: value is None or 0 < value < math.inf, "a finite number above 0"),
    ("betas", lambda value: len(value) == 2 and all(0 <= beta < 1 for beta in value), "two numbers in [0, 1)"),
    ("updates", lambda value: isinstance(value, int) and value >= 1, "a whole number of steps, 1 or more"),
)
