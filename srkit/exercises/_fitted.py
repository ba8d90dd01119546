"""The training that several assembled exercises ask for."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

__all__ = ["fitted"]


def fitted(
    net: nn.Module,
    batches: Iterable[tuple[Tensor, Tensor]],
    learning_rate: float,
    *,
    loss: Callable[[Tensor, Tensor], Tensor] = F.l1_loss,
    clears: bool = True,
) -> list[float]:
    """Train a network on batches (input, HR) with Adam; return the losses. ``clears`` is whether gradients are."""
    optimiser, losses = torch.optim.Adam(net.parameters(), learning_rate), []
    for given, hr in batches:
        if clears:
            optimiser.zero_grad()
        error = loss(net(given), hr)
        error.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        losses.append(error.item())
    return losses
