"""Weights and images from a formula, the same on every machine: goldens need no stored tensors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

MEAN = (0.4488, 0.4371, 0.4040)


def weights(shapes: Mapping[str, Sequence[int]], *, white: float = 255.0, gain: float = 1.0) -> dict[str, Tensor]:
    """Return a state dict in the published layout: sines for what is learned, the published constants for the rest.

    Args:
        shapes: names and shapes of the entries.
        white: the value of white in the network, on which the frozen mean shift depends.
        gain: factor on the sines; below 1 where a deep network would grow out of bounds.
    """
    return {
        key: _constant(key, shape, white) if _is_constant(key) else gain * _sines(i, shape)
        for i, (key, shape) in enumerate(shapes.items())
    }


def scattered(shapes: Mapping[str, Sequence[int]], *, gain: float = 1.0) -> dict[str, Tensor]:
    """Return a state dict of evenly scattered numbers; where sines of :func:`weights` cancel in very wide layers."""
    return {key: gain * _scattered(i, key, shape) for i, (key, shape) in enumerate(shapes.items())}


def image(h: int, w: int) -> Tensor:
    """Return one image ``(1, 3, h, w)`` in [0, 1]."""
    values = torch.arange(3 * h * w, dtype=torch.float64)
    return (0.5 + 0.5 * torch.sin(0.7 * values + 0.01 * values**1.5)).reshape(1, 3, h, w).float()


def planes(channels: int, h: int, w: int) -> Tensor:
    """Return ``(1, channels, h, w)`` in [0, 1]."""
    return image(h, w * -(-channels // 3)).reshape(1, -1, h, w)[:, :channels]


def kernel(size: int) -> Tensor:
    """Return a lopsided blur kernel ``(size, size)``, positive, of sum 1."""
    values = 1.2 + torch.sin(0.9 * torch.arange(size * size, dtype=torch.float64) ** 1.1)
    return (values / values.sum()).reshape(size, size).float()


def _sines(number: int, shape: Sequence[int]) -> Tensor:
    values = torch.arange(math.prod(shape), dtype=torch.float64)
    fan_in = math.prod(shape[1:]) or 1
    return (torch.sin(1.3 * values + number) * math.sqrt(2 / fan_in)).reshape(*shape).float()


def _scattered(number: int, key: str, shape: Sequence[int]) -> Tensor:
    if key.endswith(("running_var", "num_batches_tracked")):
        return _constant(key, shape, 1.0)
    raw = np.random.Philox(key=number).random_raw(math.prod(shape))  # the same in every version of NumPy
    even = torch.from_numpy((raw >> np.uint64(11)).astype(np.float64) * 2.0**-52 - 1)
    return (even * math.sqrt(6 / (math.prod(shape[1:]) or 6))).reshape(*shape).float()


def _is_constant(key: str) -> bool:
    return key.endswith(("running_var", "num_batches_tracked")) or "sub_mean" in key or "add_mean" in key


def _constant(key: str, shape: Sequence[int], white: float) -> Tensor:
    if key.endswith("num_batches_tracked"):
        return torch.tensor(0)
    if key.endswith("running_var"):
        return 1.5 + _sines(0, shape) / 2
    if key.endswith("weight"):
        return torch.eye(3).reshape(*shape)
    return torch.tensor(MEAN) * (-white if key.startswith("sub") else white)
