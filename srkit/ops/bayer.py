"""The mosaic that a camera's sensor records: one colour for each pixel, in squares of RGGB.

B. E. Bayer, "Color Imaging Array", US patent 3 971 065, 1976. A mosaic is kept as RGB with two thirds of it zero, so
that it can go wherever an image can.
"""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.errors import BadInput
from srkit.ops.check import describe

__all__ = ["bayer_mask", "mosaic", "mosaic_plane"]


def bayer_mask(h: int, w: int) -> Tensor:
    """Return which colour each pixel records, booleans ``(3, h, w)``: red at even rows and columns, blue at odd ones.

    Raises:
        BadInput: no pixel.
    """
    if h < 1 or w < 1:
        raise BadInput(f"A mosaic has at least one pixel; {h}x{w} was given.")
    y, x = torch.meshgrid(torch.arange(h) % 2, torch.arange(w) % 2, indexing="ij")
    return torch.stack([(y + x) == 0, (y + x) == 1, (y + x) == 2])


def mosaic(image: Tensor) -> Tensor:
    """Keep of each pixel of ``(…, 3, h, w)`` the recorded colour and set the others to zero; twice changes nothing.

    Raises:
        BadInput: no colour image.
    """
    if image.ndim < 3 or image.shape[-3] != 3:
        raise BadInput(f"A mosaic is made of a colour image (…, 3, h, w); given: {describe(image)}.")
    mask = bayer_mask(*image.shape[-2:]).to(image.device)
    return image * mask


def mosaic_plane(image: Tensor) -> Tensor:
    """Return what the sensor records of ``(…, 3, h, w)``, one number for each pixel, ``(…, 1, h, w)``.

    Raises:
        BadInput: no colour image.
    """
    return mosaic(image).sum(-3, keepdim=True)
