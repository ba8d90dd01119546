"""Y'CbCr of television: BT.709 of ordinary video, BT.2020 of high dynamic range, narrow range, 8 to 16 bits.

Recommendations ITU-R BT.709-6 and BT.2020-2, section 3 or table 4 (weights of luma) and the quantisation of their
"narrow range": luma from 16 to 235 and chroma from 16 to 240 in 8 bits, four times that in 10 bits. Photographs use
BT.601 instead, see :mod:`srkit.ops.color`.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from srkit.errors import BadInput
from srkit.ops.check import describe

__all__ = ["Standard", "rgb_to_video", "video_to_rgb"]

Standard = Literal["bt709", "bt2020"]

Affine = tuple[Tensor, Tensor]

_LUMA: dict[str, tuple[float, float, float]] = {"bt709": (0.2126, 0.7152, 0.0722), "bt2020": (0.2627, 0.6780, 0.0593)}


def rgb_to_video(image: Tensor, *, standard: Standard = "bt709", bits: int = 8) -> Tensor:
    """Turn gamma-coded R'G'B' into the numbers of a video file, divided by the largest one.

    Args:
        image: floats ``(…, 3, h, w)`` in [0, 1], in the colours of the standard.
        standard: whose weights make luma.
        bits: of the file, 8 to 16; 8 bits are divided by 255, 10 bits by 1023.

    Returns:
        Y', Cb, Cr, the same shape. Not rounded.

    Raises:
        BadInput: no colour image, an unknown standard, or another number of bits.
    """
    there, _ = _mappings(image, standard, bits)
    return _apply(image, *there)


def video_to_rgb(planes: Tensor, *, standard: Standard = "bt709", bits: int = 8) -> Tensor:
    """Undo :func:`rgb_to_video`; the same arguments. Nothing is clipped.

    Raises:
        BadInput: as :func:`rgb_to_video`.
    """
    _, back = _mappings(planes, standard, bits)
    return _apply(planes, *back)


def _mappings(image: Tensor, standard: str, bits: int) -> tuple[Affine, Affine]:
    if image.ndim < 3 or image.shape[-3] != 3 or not image.is_floating_point():
        raise BadInput(f"Needed: floats (…, 3, h, w). Given: {describe(image)}.")
    if (standard, bits) not in _MAPPINGS:
        raise BadInput(f"Video is coded by {' or '.join(_LUMA)} in 8 to 16 bits, not {standard!r} in {bits}.")
    return _MAPPINGS[standard, bits]


def _made(standard: str, bits: int) -> tuple[Affine, Affine]:
    """Return matrix (3, 3) and offset (3,), in double precision, of the way there and of the way back."""
    red, green, blue = _LUMA[standard]
    luma = torch.tensor([red, green, blue], dtype=torch.float64)
    to_blue = (torch.tensor([0, 0, 1.0], dtype=torch.float64) - luma) / (2 * (1 - blue))
    to_red = (torch.tensor([1.0, 0, 0], dtype=torch.float64) - luma) / (2 * (1 - red))
    unit = 2.0 ** (bits - 8) / (2.0**bits - 1)
    swing = torch.tensor([219.0, 224.0, 224.0], dtype=torch.float64)
    zero = torch.tensor([16.0, 128.0, 128.0], dtype=torch.float64)
    matrix, offset = torch.stack([luma, to_blue, to_red]) * (swing * unit)[:, None], zero * unit
    inverse = torch.linalg.inv(matrix)
    return (matrix, offset), (inverse, -inverse @ offset)


def _apply(image: Tensor, matrix: Tensor, offset: Tensor) -> Tensor:
    mixed = matrix.to(image.device, image.dtype) @ image.flatten(-2)  # (…, 3, h * w)
    return (mixed + offset.to(image.device, image.dtype)[:, None]).reshape(image.shape)


_MAPPINGS = {(standard, bits): _made(standard, bits) for standard in _LUMA for bits in range(8, 17)}
"""Constants, so that a network that changes the colours can be exported."""
