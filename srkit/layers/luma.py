"""Networks that work on luma only.

Before 2017 most networks were trained on the Y of YCbCr; colour was enlarged by bicubic interpolation, because the eye
is less sensitive to colour. This helper puts such a one-channel network under the contract's RGB in, RGB out.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from srkit.ops.color import rgb_to_ycbcr, ycbcr_to_rgb
from srkit.ops.resize import imresize

__all__ = ["on_luma", "with_chroma"]


def on_luma(enlarge: Callable[[Tensor], Tensor], lr: Tensor, *, scale: int) -> Tensor:
    """Enlarge Y with ``enlarge``, Cb and Cr with MATLAB's bicubic kernel.

    Args:
        enlarge: maps Y ``(b, 1, h, w)``, in [16/255, 235/255], to ``(b, 1, scale*h, scale*w)``.
        lr: RGB in [0, 1], ``(b, 3, h, w)``.
        scale: enlargement factor.

    Returns:
        RGB ``(b, 3, scale*h, scale*w)``, unclamped.
    """
    luma = enlarge(rgb_to_ycbcr(lr)[..., :1, :, :])  # (b, 1, s*h, s*w)
    return with_chroma(luma, lr, scale=scale)


def with_chroma(luma: Tensor, lr: Tensor, *, scale: int) -> Tensor:
    """Give an enlarged Y the colours of the small image, enlarged with MATLAB's bicubic kernel.

    Args:
        luma: Y ``(b, 1, scale*h, scale*w)``.
        lr: RGB in [0, 1], ``(b, 3, h, w)``.
        scale: enlargement factor.

    Returns:
        RGB ``(b, 3, scale*h, scale*w)``, unclamped.
    """
    chroma = imresize(rgb_to_ycbcr(lr)[..., 1:, :, :], scale)  # (b, 2, s*h, s*w)
    return ycbcr_to_rgb(torch.cat([luma, chroma], dim=-3))  # (b, 3, s*h, s*w)
