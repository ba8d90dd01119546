"""Exponential moving average of the weights."""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import Tensor, nn

__all__ = ["Average", "decay_at"]


def decay_at(update: int, decay: float) -> float:
    """Return the decay of update number ``update`` (the first is 0): ``min(decay, (1 + n) / (10 + n))``.

    The rising start lets the average forget the random first weights within a few dozen updates; with a constant
    0.999 they would still weigh 37 % after a thousand.
    """
    return min(decay, (1 + update) / (10 + update))


class Average:
    """A second copy of a network that follows it slowly: ``average = decay * average + (1 - decay) * weights``.

    Args:
        decay: weight of the past, in (0, 1).

    Attributes:
        net: the averaged network, in evaluation mode, without gradients.
        updates: how many updates were averaged.

    Buffers (means, running statistics) are copied, not averaged.
    """

    def __init__(self, net: nn.Module, *, decay: float) -> None:
        self.net = copy.deepcopy(net).eval().requires_grad_(False)
        self.decay = decay
        self.updates = 0
        self._link(net)

    def _link(self, net: nn.Module) -> None:
        self._mine: list[Tensor] = list(self.net.parameters())
        self._theirs: list[Tensor] = list(net.parameters())
        self._buffers = list(zip(self.net.buffers(), net.buffers(), strict=True))

    @torch.no_grad()
    def update(self) -> None:
        """Move the average towards the present weights of the network."""
        share = 1 - decay_at(self.updates, self.decay)
        if self._mine:
            torch._foreach_lerp_(self._mine, self._theirs, share)
        for mine, other in self._buffers:
            mine.copy_(other)
        self.updates += 1

    def state_dict(self) -> dict[str, Any]:
        """Return the averaged weights and the number of updates in them."""
        return {"net": self.net.state_dict(), "updates": self.updates}

    def load_state_dict(self, saved: dict[str, Any]) -> None:
        """Take up where :meth:`state_dict` left off."""
        self.net.load_state_dict(saved["net"])
        self.updates = int(saved["updates"])
