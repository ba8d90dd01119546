"""Inputs drawn from a seed, without touching the global random state."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["noise"]


def noise(*shape: int, seed: int) -> Tensor:
    """Return float32 uniform noise in [0, 1) of the given shape."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float32)
