"""Shared by networks conditioned on the degradation: its code, for each image or for each pixel."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["example_codes", "stretched_codes"]


def stretched_codes(codes: Tensor | None, lr: Tensor, n_codes: int) -> Tensor | None:
    """Return codes ``(b, n_codes)`` or ``(b, n_codes, h, w)`` as maps ``(b, n_codes, h, w)``, None for any other shape.

    Args:
        codes: of each image or of each pixel, of any type and on any device; None where none were given.
    """
    b, _, h, w = lr.shape
    if codes is None or codes.shape not in ((b, n_codes), (b, n_codes, h, w)):
        return None
    maps = codes.to(lr)
    return maps if maps.ndim == 4 else maps[..., None, None].expand(b, n_codes, h, w)  # (b, n_codes, h, w)


def example_codes(lr: Tensor, n_codes: int) -> Tensor:
    """Return some codes ``(b, n_codes)`` for a batch like ``lr``: not those of any kernel, but all different."""
    codes = torch.linspace(-0.8, 0.6, n_codes, dtype=lr.dtype, device=lr.device)
    return codes.expand(lr.shape[0], -1)
