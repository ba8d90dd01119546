"""RGB and YCbCr as MATLAB's ``rgb2ycbcr`` and ``ycbcr2rgb`` define them (ITU-R BT.601, studio swing).

For RGB in [0, 1], Y runs from 16/255 to 235/255 and Cb, Cr from 16/255 to 240/255, so everything stays in [0, 1].
The PSNR of the super-resolution literature is taken on this Y. It is not OpenCV's luma, which fills the whole range
and gives values about 1.3 dB lower.

Source: Recommendation ITU-R BT.601-7, section 2.5, with the coefficients as printed in MATLAB's documentation.
"""

from __future__ import annotations

import torch
from torch import Tensor

from srkit.errors import BadInput
from srkit.ops.check import describe
from srkit.ops.device import exact

__all__ = ["LUMA", "STUDIO_LUMA", "luma", "rgb_to_y", "rgb_to_ycbcr", "ycbcr_to_rgb"]

LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in full-range luma."""
STUDIO_LUMA = (65.481, 128.553, 24.966)
"""The same in studio swing, in levels: Y = 16 + these times RGB in [0, 1], so that it runs from 16 to 235."""

_MATRIX = (STUDIO_LUMA, (-37.797, -74.203, 112.0), (112.0, -93.786, -18.214))
_OFFSET = (16.0, 128.0, 128.0)
_BACK = torch.linalg.inv(torch.tensor(_MATRIX, dtype=torch.float64)) * 255  # a constant, so that networks export
_BACK_OFFSET = -_BACK @ torch.tensor(_OFFSET, dtype=torch.float64)


def rgb_to_ycbcr(image: Tensor) -> Tensor:
    """Turn RGB into studio-swing YCbCr.

    Args:
        image: ``(…, 3, h, w)``; floats with [0, 1] for the full range, or uint8, which is answered in uint8, rounded
            as MATLAB rounds it.

    Returns:
        The same shape and type; Y, Cb, Cr in this order, divided by 255 where the input is floating point.

    Raises:
        BadInput: the third axis from the end is not 3, or the type is neither floating point nor uint8.
    """
    return _affine(image, torch.tensor(_MATRIX, dtype=torch.float64) / 255, torch.tensor(_OFFSET, dtype=torch.float64))


def ycbcr_to_rgb(image: Tensor) -> Tensor:
    """Turn studio-swing YCbCr back into RGB; floats are not clipped, so a round trip loses nothing.

    Args:
        image: ``(…, 3, h, w)``, Y, Cb, Cr as :func:`rgb_to_ycbcr` gives them; floats or uint8.

    Returns:
        The same shape and type. Colours outside the RGB cube leave [0, 1] (MATLAB clips them; so does
        :func:`srkit.ops.pixels.quantise`).

    Raises:
        BadInput: the third axis from the end is not 3, or the type is neither floating point nor uint8.
    """
    return _affine(image, _BACK, _BACK_OFFSET)


def rgb_to_y(image: Tensor) -> Tensor:
    """Return Y alone, ``(…, 1, h, w)``, in [16/255, 235/255] for RGB in [0, 1].

    Args:
        image: ``(…, 3, h, w)``; floats, or uint8 (answered in uint8).

    Raises:
        BadInput: the third axis from the end is not 3, or the type is neither floating point nor uint8.
    """
    return _affine(
        image, torch.tensor(_MATRIX[:1], dtype=torch.float64) / 255, torch.tensor([16.0], dtype=torch.float64)
    )


def luma(image: Tensor) -> Tensor:
    """Return the full-range luma ``(…, 1, h, w)`` of ITU-R BT.601, in [0, 1] for RGB in [0, 1]: what OpenCV calls grey.

    Three equal channels give exactly that channel.

    Args:
        image: floats ``(…, 3, h, w)``.

    Raises:
        BadInput: the third axis from the end is not 3, or the type is not floating point.
    """
    _check_colour(image)
    red, green, blue = image[..., :1, :, :], image[..., 1:2, :, :], image[..., 2:, :, :]
    return green + LUMA[0] * (red - green) + LUMA[2] * (blue - green)


def _affine(image: Tensor, matrix: Tensor, offset: Tensor) -> Tensor:
    """Apply ``matrix`` (k, 3) and ``offset`` (k, in 0…255) to the channels of ``image`` (…, 3, h, w)."""
    if isinstance(image, Tensor) and image.dtype == torch.uint8:
        levels = _affine(exact(image) / 255, matrix, offset) * 255
        return (levels + 0.5).floor().clamp(0, 255).to(torch.uint8).to(image.device)
    _check_colour(image)
    flat = image.flatten(-2)  # (…, 3, h * w)
    matrix = matrix.to(image.device, image.dtype)
    shift = (offset / 255).to(image.device, image.dtype)
    mixed = matrix @ flat + shift[:, None]  # (…, k, h * w)
    return mixed.reshape(*mixed.shape[:-1], *image.shape[-2:])  # (…, k, h, w)


def _check_colour(image: Tensor) -> None:
    if not isinstance(image, Tensor) or image.ndim < 3 or image.shape[-3] != 3:
        raise BadInput(f"A colour image (…, 3, h, w) is needed and {describe(image)} was given.")
    if not image.is_floating_point():
        raise BadInput(f"Floats in [0, 1] or uint8 are needed and {describe(image)} was given.")
