"""Random numbers for degradations: from a given generator, the same on every device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import torch
from torch import Tensor

__all__ = ["chance", "choose", "normal", "order", "uniform", "whole"]

T = TypeVar("T")


def uniform(rng: torch.Generator, low: float, high: float) -> float:
    """Return a number drawn evenly between ``low`` and ``high``."""
    return low + (high - low) * float(torch.rand((), generator=rng, device=rng.device, dtype=torch.float64))


def whole(rng: torch.Generator, low: int, high: int) -> int:
    """Return a whole number from ``low`` to ``high``, both included."""
    return int(torch.randint(low, high + 1, (), generator=rng, device=rng.device))


def chance(rng: torch.Generator, probability: float) -> bool:
    """Return True with the given probability."""
    return uniform(rng, 0.0, 1.0) < probability


def choose(rng: torch.Generator, things: Sequence[T], weights: Sequence[float] | None = None) -> T:
    """Return one of several things, each with its weight (all alike where none are given)."""
    if weights is None:
        return things[whole(rng, 0, len(things) - 1)]
    draw = torch.multinomial(torch.tensor(weights, device=rng.device), 1, generator=rng)
    return things[int(draw)]


def order(rng: torch.Generator, count: int) -> list[int]:
    """Return the numbers ``0 … count - 1`` in random order."""
    found: list[int] = torch.randperm(count, generator=rng, device=rng.device).tolist()
    return found


def normal(rng: torch.Generator, shape: Sequence[int], like: Tensor) -> Tensor:
    """Return standard normal numbers of a shape, with type and device of ``like``.

    They are drawn where the generator lives, so that a generator on the CPU gives the same image on every device.
    """
    numbers = torch.randn(tuple(shape), generator=rng, device=rng.device)
    return numbers.to(device=like.device, dtype=like.dtype)
