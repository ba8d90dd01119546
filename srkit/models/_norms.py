"""Weights that a file holds as length and direction, put together again."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

__all__ = ["with_plain_weights"]

_SPELLINGS = (
    (".weight_g", ".weight_v"),  # torch.nn.utils.weight_norm
    (".parametrizations.weight.original0", ".parametrizations.weight.original1"),  # and since PyTorch 2.0
)


def with_plain_weights(entries: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return entries in which ``g * v / |v|`` stands for the two of weight normalisation (arXiv:1602.07868, eq. 2)."""
    plain = dict(entries)
    for long, direction in _SPELLINGS:
        for key in [key for key in entries if key.endswith(long)]:
            layer = key.removesuffix(long)
            v = entries.get(layer + direction)
            if v is None or v.ndim < 2 or not v.is_floating_point():
                continue
            norm = torch.linalg.vector_norm(v.float(), dim=tuple(range(1, v.ndim)), keepdim=True)  # (out, 1, ...)
            if entries[key].shape == norm.shape:
                plain[f"{layer}.weight"] = (v.float() * (plain.pop(key).float() / norm)).to(v.dtype)
                del plain[layer + direction]
    return plain
