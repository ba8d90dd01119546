"""JPEG: the real codec, and a differentiable one that follows the same arithmetic.

ITU-T T.81, "Digital compression and coding of continuous-tone still images", 1992: the tables of Annex K, scaled by the
Independent JPEG Group's rule as every common encoder does; YCbCr of JFIF; chroma at half the size (4:2:0) or not.
"""

from __future__ import annotations

import io
import math
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.degrade._registry import register_degradation
from srkit.errors import BadInput
from srkit.ops.color import LUMA
from srkit.ops.dct import block_dct, block_idct
from srkit.ops.pixels import from_uint8, pad_to_multiple, to_uint8

__all__ = ["Subsampling", "jpeg", "jpeg_soft", "quantisation_tables"]

Subsampling = Literal["4:2:0", "4:4:4"]
_LUMA = (
    (16, 11, 10, 16, 24, 40, 51, 61), (12, 12, 14, 19, 26, 58, 60, 55), (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62), (18, 22, 37, 56, 68, 109, 103, 77), (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101), (72, 92, 95, 98, 112, 100, 103, 99),
)  # fmt: skip
_CHROMA = (
    (17, 18, 24, 47, 99, 99, 99, 99), (18, 21, 26, 66, 99, 99, 99, 99), (24, 26, 56, 99, 99, 99, 99, 99),
    (47, 66, 99, 99, 99, 99, 99, 99), *((99,) * 8,) * 4,
)  # fmt: skip
_TO_YCC = (LUMA, (-0.168735892, -0.331264108, 0.5), (0.5, -0.418687589, -0.081312411))
_TO_RGB = ((1.0, 0.0, 1.402), (1.0, -0.344136286, -0.714136286), (1.0, 1.772, 0.0))


@register_degradation("jpeg")
def jpeg(image: Tensor, quality: int, subsampling: Subsampling = "4:2:0") -> Tensor:
    """Write each image as JPEG and read it again; values are rounded to 8 bits and clipped on the way.

    Args:
        image: ``(b, 3, h, w)`` or ``(3, h, w)`` in [0, 1].
        quality: 1 (worst) to 100, the encoder's scale.
        subsampling: ``"4:2:0"`` halves the colour's size, as nearly all files do; ``"4:4:4"`` does not.

    Returns:
        The same shape, type and device, on the 256 levels. No gradient flows; :func:`jpeg_soft` has one.

    Raises:
        BadInput: a quality outside 1 to 100, or an unknown subsampling.
    """
    _check(quality, subsampling)
    whole = to_uint8(image.detach()).cpu().reshape(-1, *image.shape[-3:])
    pictures = [_round_trip(one.permute(1, 2, 0).numpy(), int(quality), subsampling) for one in whole]
    return from_uint8(torch.stack(pictures), dtype=image.dtype).reshape(image.shape).to(image.device)


@register_degradation("jpeg_soft")
def jpeg_soft(image: Tensor, quality: float, subsampling: Subsampling = "4:2:0", straight: bool = True) -> Tensor:
    """Do what a JPEG encoder and decoder do, differentiably, on any device.

    Args:
        image: ``(b, 3, h, w)`` or ``(3, h, w)`` in [0, 1].
        quality: 1 to 100; need not be whole.
        subsampling: as in :func:`jpeg`.
        straight: let the gradient pass the rounding as if it were not there. Otherwise rounding is replaced by
            ``round(x) + (x - round(x))³``, whose derivative is not 0 (Shin, Song, "JPEG-resistant Adversarial Images",
            2017).

    Returns:
        The same shape, clamped to [0, 1].

    Raises:
        BadInput: as :func:`jpeg`.
    """
    _check(quality, subsampling)
    lead, (h, w) = image.shape[:-3], image.shape[-2:]
    block = 16 if subsampling == "4:2:0" else 8
    x = pad_to_multiple(image.reshape(-1, *image.shape[-3:]) * 255, block, border="replicate")
    ycc = _round(_mix(x, _TO_YCC), straight)  # (n, 3, h, w), an encoder works on whole numbers
    luma_table, chroma_table = (table.to(x) for table in quantisation_tables(quality))
    luma = _compress(ycc[:, :1] - 128, luma_table, straight) + 128
    colour = F.avg_pool2d(ycc[:, 1:], 2) if subsampling == "4:2:0" else ycc[:, 1:]
    colour = _compress(colour, chroma_table, straight)
    if subsampling == "4:2:0":
        colour = F.interpolate(colour, scale_factor=2, mode="bilinear", align_corners=False)
    rgb = _mix(torch.cat([luma, colour], dim=1), _TO_RGB)[..., :h, :w] / 255
    return rgb.clamp(0, 1).reshape(*lead, 3, h, w)


def quantisation_tables(quality: float) -> tuple[Tensor, Tensor]:
    """Return the steps ``(8, 8)`` by which an encoder divides the DCT coefficients of luma and of chroma."""
    _check(quality, "4:2:0")
    percent = 5000 / quality if quality < 50 else 200 - 2 * quality
    percent = math.floor(percent) if quality == int(quality) else percent
    tables = (torch.tensor(table, dtype=torch.float64) for table in (_LUMA, _CHROMA))
    luma, chroma = (((table * percent + 50) / 100).floor().clamp(1, 255) for table in tables)
    return luma, chroma


def _round_trip(picture: Any, quality: int, subsampling: str) -> Tensor:
    from PIL import Image

    memory = io.BytesIO()
    Image.fromarray(picture).save(memory, "JPEG", quality=quality, subsampling=subsampling)
    with Image.open(memory) as read:
        return torch.from_numpy(np.array(read)).permute(2, 0, 1)


def _mix(x: Tensor, matrix: tuple[tuple[float, ...], ...]) -> Tensor:
    return torch.einsum("ij,njhw->nihw", x.new_tensor(matrix), x)


def _compress(x: Tensor, table: Tensor, straight: bool) -> Tensor:
    """Transform blocks of 8 x 8, round to the steps of the table, and transform back; ``(n, c, h, w)``."""
    return block_idct(_round(block_dct(x) / table, straight) * table)


def _round(x: Tensor, straight: bool) -> Tensor:
    whole = x.detach().round()
    return x + (whole - x.detach()) if straight else whole + (x - whole) ** 3


def _check(quality: float, subsampling: str) -> None:
    if not 1 <= quality <= 100:
        raise BadInput(f"JPEG's quality runs from 1 to 100; {quality!r} was given.")
    if subsampling not in ("4:2:0", "4:4:4"):
        raise BadInput(f"subsampling is '4:2:0' or '4:4:4', not {subsampling!r}.")
