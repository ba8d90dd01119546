"""The Bayer mosaic of a camera's sensor (one colour per pixel) and two methods of demosaicing."""

from __future__ import annotations

from typing import Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.errors import BadInput

Border = Literal["reflect", "zeros"]

__all__ = ["PATTERNS", "bayer_masks", "demosaic_bilinear", "demosaic_malvar", "mosaic"]

PATTERNS = ("rggb", "bggr", "grbg", "gbrg")
"""The four ways in which Bayer's pattern can begin: the colours of the first 2x2 pixels, row by row."""

_SQUARE = ((1, 2, 1), (2, 4, 2), (1, 2, 1))  # weights of the neighbours that saw a colour

# Malvar, He, Cutler, ICASSP 2004, figure 2; over 16
_GREEN = ((0, 0, -2, 0, 0), (0, 0, 4, 0, 0), (-2, 4, 8, 4, -2), (0, 0, 4, 0, 0), (0, 0, -2, 0, 0))
_IN_ROW = ((0, 0, 1, 0, 0), (0, -2, 0, -2, 0), (-2, 8, 10, 8, -2), (0, -2, 0, -2, 0), (0, 0, 1, 0, 0))
_ACROSS = ((0, 0, -3, 0, 0), (0, 4, 0, 4, 0), (-3, 0, 12, 0, -3), (0, 4, 0, 4, 0), (0, 0, -3, 0, 0))


def bayer_masks(h: int, w: int, *, pattern: str = "rggb") -> Tensor:
    """Return ``(3, h, w)`` of 0 and 1: where the sensor measures red, green and blue; each pixel measures one colour.

    Raises:
        BadInput: another pattern than :data:`PATTERNS`.
    """
    if pattern not in PATTERNS:
        raise BadInput(f"The pattern {pattern!r} is not Bayer's; choose from {', '.join(PATTERNS)}.")
    masks = torch.zeros(3, h, w)
    for place, colour in enumerate(pattern):
        masks["rgb".index(colour), place // 2 :: 2, place % 2 :: 2] = 1
    return masks


def mosaic(image: Tensor, *, pattern: str = "rggb") -> Tensor:
    """Return what a sensor with Bayer's pattern keeps of an image, zero elsewhere.

    Args:
        image: RGB ``(…, 3, h, w)``.
        pattern: how the first 2x2 pixels are coloured, row by row.

    Returns:
        ``(…, 3, h, w)``; the sum over the channels is the sensor's one-channel image.

    Raises:
        BadInput: not three channels, or another pattern.
    """
    _check(image, least=2)
    return image * bayer_masks(*image.shape[-2:], pattern=pattern).to(image)


def demosaic_bilinear(sensor: Tensor, *, pattern: str = "rggb", border: Border = "reflect") -> Tensor:
    """Return RGB by taking the mean of the nearest pixels that saw the missing colour; colours that were seen are kept.

    Args:
        sensor: a mosaic ``(…, 3, h, w)``, as :func:`mosaic` gives it.
        pattern: its pattern.
        border: what lies outside: ``"reflect"``, the mirrored mosaic (reflection keeps the pattern; at least 3x3
            pixels), or ``"zeros"``, nothing, so that the mean is over the neighbours there are (at least 2x2).

    Raises:
        BadInput: not three channels, too few pixels, or another pattern.
    """
    _check(sensor, least=3 if border == "reflect" else 2)
    seen = bayer_masks(*sensor.shape[-2:], pattern=pattern).to(sensor)  # (3, h, w)
    flat = (sensor * seen).reshape(-1, 3, *sensor.shape[-2:])  # (n, 3, h, w)
    weights = torch.tensor(_SQUARE, dtype=torch.float64).expand(3, 1, 3, 3).to(flat)

    def spread(x: Tensor) -> Tensor:
        padded = F.pad(x, (1, 1, 1, 1), mode="reflect" if border == "reflect" else "constant")  # (n, 3, h+2, w+2)
        return F.conv2d(padded, weights, groups=3)  # (n, 3, h, w)

    filled = spread(flat) / spread(seen[None])
    return torch.where(seen.bool(), flat, filled).reshape(sensor.shape)  # (..., 3, h, w)


def demosaic_malvar(sensor: Tensor, *, pattern: str = "rggb") -> Tensor:
    """Return RGB by linear 5x5 filters that correct the bilinear guess by the Laplacian of the colour that was seen.

    Malvar, He, Cutler, "High-quality linear interpolation for demosaicing of Bayer-patterned color images", ICASSP
    2004.

    Args:
        sensor: a mosaic ``(…, 3, h, w)``, as :func:`mosaic` gives it.
        pattern: its pattern.
    """
    _check(sensor)
    h, w = sensor.shape[-2:]
    seen = bayer_masks(h, w, pattern=pattern).to(sensor)  # (3, h, w)
    raw = (sensor * seen).sum(-3).reshape(-1, 1, h, w)  # (n, 1, h, w)
    in_row = torch.tensor(_IN_ROW, dtype=torch.float64)
    kernels = torch.stack([torch.tensor(_GREEN, dtype=torch.float64), in_row, in_row.mT, torch.tensor(_ACROSS)])
    padded = F.pad(raw, (2, 2, 2, 2), mode="reflect")  # (n, 1, h+4, w+4)
    green, along, upright, across = F.conv2d(padded, (kernels / 16)[:, None].to(raw)).unbind(1)  # (n, h, w)
    red_row, blue_row = seen[0].amax(1, keepdim=True), seen[2].amax(1, keepdim=True)  # (h, 1)
    red, blue = (
        own * raw[:, 0] + other * across + seen[1] * (row * along + other_row * upright)
        for own, other, row, other_row in ((seen[0], seen[2], red_row, blue_row), (seen[2], seen[0], blue_row, red_row))
    )
    return torch.stack([red, seen[1] * raw[:, 0] + (1 - seen[1]) * green, blue], 1).reshape(sensor.shape)


def _check(image: Tensor, *, least: int = 3) -> None:
    if image.ndim < 3 or image.shape[-3] != 3 or min(image.shape[-2:]) < least:
        raise BadInput(
            f"An RGB image (…, 3, h, w) of {least}x{least} pixels or more is expected, and given: {tuple(image.shape)}."
        )
