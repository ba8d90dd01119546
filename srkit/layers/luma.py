"""Networks that see brightness only.

Before 2017 most networks were trained on the Y of YCbCr; colour was enlarged by bicubic interpolation, because the eye
forgives there. This helper puts such a one-channel network under the contract's RGB in, RGB out.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from srkit.ops.color import rgb_to_ycbcr, ycbcr_to_rgb
from srkit.ops.resize import imresize

__all__ = ["on_luma"]


def on_luma(enlarge: Callable[[Tensor], Tensor], lr: Tensor, *, scale: int) -> Tensor:
    """Enlarge Y with ``enlarge``, Cb and Cr with MATLAB's bicubic kernel.

    Args:
        enlarge: maps Y ``(b, 1, h, w)``, in [16/255, 235/255], to ``(b, 1, scale*h, scale*w)``.
        lr: RGB in [0, 1], ``(b, 3, h, w)``.
        scale: enlargement factor.

    Returns:
        RGB ``(b, 3, scale*h, scale*w)``, unclamped.
    """
    ycbcr = rgb_to_ycbcr(lr)
    luma = enlarge(ycbcr[..., :1, :, :])  # (b, 1, s*h, s*w)
    chroma = imresize(ycbcr[..., 1:, :, :], scale)  # (b, 2, s*h, s*w)
    return ycbcr_to_rgb(torch.cat([luma, chroma], dim=-3))  # (b, 3, s*h, s*w)
