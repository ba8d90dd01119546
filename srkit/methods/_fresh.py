"""Initial weights drawn from a given random generator, never from the global one."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TypeVar

import torch
from torch import nn

__all__ = ["fresh"]

N = TypeVar("N", bound=nn.Module)


def fresh(make: Callable[[], N], rng: torch.Generator) -> N:
    """Make a network with PyTorch's default initial weights, drawn from ``rng``.

    Convolutions and linear layers are uniform within ``1 / sqrt(fan in)``, as PyTorch draws them; normalisations begin
    as the identity. A module with a method ``draw_first(rng)`` draws its own and those of all it holds.
    """
    with torch.device("meta"):
        net = make()
    net.to_empty(device=rng.device)
    _draw(net, rng)
    return net


def _draw(module: nn.Module, rng: torch.Generator) -> None:
    own = getattr(module, "draw_first", None)
    if callable(own):
        own(rng)
        return
    if isinstance(module, nn.Conv2d | nn.Linear):
        bound = 1 / math.sqrt(module.weight[0].numel())
        for weights in module.parameters(recurse=False):
            nn.init.uniform_(weights, -bound, bound, generator=rng)
    elif isinstance(module, nn.BatchNorm2d):
        module.reset_parameters()
    for child in module.children():
        _draw(child, rng)
