"""The slow and the fast part of an image, by a moving mean."""

from __future__ import annotations

from typing import Literal

import torch.nn.functional as F
from torch import Tensor

from srkit.errors import BadInput

__all__ = ["high_pass", "low_pass"]

Edge = Literal["cut", "partial", "zeros"]


def low_pass(image: Tensor, size: int = 5, *, edge: Edge = "partial") -> Tensor:
    """Return the mean over ``size`` x ``size`` pixels around each pixel.

    Args:
        image: ``(b, c, h, w)``.
        size: side of the square, odd.
        edge: ``"partial"`` takes the mean of the pixels there are, ``"zeros"`` counts zeros outside, ``"cut"`` leaves
            places without a whole square out.

    Returns:
        ``(b, c, h, w)``, with ``"cut"`` ``(b, c, h-size+1, w-size+1)``.

    Raises:
        BadInput: an even size, no such edge, or an image that holds no whole square.
    """
    if size < 1 or size % 2 == 0 or edge not in ("cut", "partial", "zeros"):
        raise BadInput(f"size={size}, edge={edge!r}: give an odd size, and 'cut', 'partial' or 'zeros'.")
    if edge == "cut" and size > min(image.shape[-2:]):
        raise BadInput(f"A square of {size} x {size} pixels does not fit into an image of shape {tuple(image.shape)}.")
    around = 0 if edge == "cut" else size // 2
    return F.avg_pool2d(image, size, stride=1, padding=around, count_include_pad=edge == "zeros")


def high_pass(image: Tensor, size: int = 5, *, edge: Edge = "partial") -> Tensor:
    """Return what :func:`low_pass` takes away, as an image: ``0.5 + 0.5*(image - low_pass(image))``.

    Args:
        image: ``(b, c, h, w)`` in [0, 1].
        size: as in :func:`low_pass`.
        edge: ``"partial"`` or ``"zeros"``.
    """
    return 0.5 + 0.5 * (image - low_pass(image, size, edge=edge))  # (b, c, h, w)
