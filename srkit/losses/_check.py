"""The check every loss makes before it compares two images."""

from __future__ import annotations

from torch import Tensor

from srkit.errors import BadInput

__all__ = ["check_pair"]


def check_pair(sr: Tensor, hr: Tensor) -> None:
    """Raise unless ``sr`` and ``hr`` have the same shape (broadcasting would compare the wrong pixels).

    Raises:
        BadInput: with both shapes and the likely cause.
    """
    if sr.shape == hr.shape:
        return
    hint = "A loss never broadcasts."
    if sr.ndim >= 2 and hr.ndim == sr.ndim and sr.shape[:-2] == hr.shape[:-2]:
        (h, w), (height, width) = sr.shape[-2:], hr.shape[-2:]
        if height * w == h * width and max(height, h) % min(height, h) == 0:
            hint = f"They differ by a factor of {max(height, h) // min(height, h)}: is one of them the LR image?"
        else:
            hint = "Crop hr to a multiple of the scale before making lr (srkit.ops.pixels.modcrop)."
    raise BadInput(f"sr is {tuple(sr.shape)} and hr is {tuple(hr.shape)}; a loss compares equal shapes. {hint}")
