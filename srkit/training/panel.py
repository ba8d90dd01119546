"""Several judges in one run, brought by the network itself: CinCGAN has two, a translation one.

Such a network offers ``opponents()``, the rules of each judge by name. It finds the judges as ``judges`` and asks them
in its ``predictions``; what they say is part of the loss there (:class:`srkit.layers.Prediction`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import nn

from srkit.training.adversarial import Adversary, Player, make_player
from srkit.training.batch import Batch
from srkit.training.chance import chance
from srkit.training.loop import Outcome, one_step
from srkit.training.state import State

__all__ = ["Panel", "add_panel", "has_opponents"]


class Panel:
    """Several judges of one run: the network makes its step, and then each judge that saw images its own.

    Args:
        players: the judges by name; the name stands before their numbers in the history.
    """

    def __init__(self, players: Mapping[str, Player]) -> None:
        self.players = dict(players)

    def play(self, state: State, batch: Batch, /) -> Outcome:
        """Let the network make its step and then every judge its own, on the images of that step."""
        for player in self.players.values():
            player.seen.clear()
        outcome = one_step(state, batch)
        beside = dict(outcome.beside)
        for name, player in self.players.items():
            for number in range(player.adversary.updates if player.seen else 0):
                beside |= {f"{name} {what}".strip(): value for what, value in player.learn(state, number).items()}
        return replace(outcome, beside=beside)

    def state_dict(self) -> dict[str, Any]:
        """Return what every judge needs."""
        return {name: player.state_dict() for name, player in self.players.items()}

    def load_state_dict(self, saved: dict[str, Any], /) -> None:
        """Take up where :meth:`state_dict` left off.

        Raises:
            BadFile: a discriminator is not the one that was saved.
        """
        for name, player in self.players.items():
            player.load_state_dict(saved[name])


def has_opponents(net: nn.Module) -> bool:
    """Return whether a network brings its own judges: ``opponents()`` gives their rules by name."""
    return callable(getattr(net, "opponents", None))


def add_panel(state: State) -> None:
    """Give a run the judges its network asks for; the network finds them as ``judges`` and asks them in its loss."""
    net: Any = state.net
    with chance(state.config.seed, -1):
        rules: dict[str, Adversary] = net.opponents()
    players = {name: make_player(one.discriminator, one, state) for name, one in rules.items()}
    net.judges, state.rival = players, Panel(players)
