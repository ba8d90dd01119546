"""Enlarging feature maps by sub-pixel convolution.

Shi et al., CVPR 2016 (the sub-pixel layer); Lim et al., CVPRW 2017, section 3.2 (the stacked form used here).
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt

from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers.conv import conv

__all__ = ["Upsampler"]


class Upsampler(nn.Sequential):
    """Convolution and pixel shuffle, ``(b, channels, h, w)`` to ``(b, channels, scale*h, scale*w)``.

    Scales 2, 4, 8 are one, two, three steps of x2; x3 is one step. A pixel shuffle of r places channel
    ``c*r*r + a*r + b`` of position ``(i, j)`` at channel ``c``, position ``(i*r + a, j*r + b)``.

    Args:
        channels: feature channels in and out.
        scale: 1, 3 or a power of two.

    Raises:
        BadInput: another scale.
    """

    def __init__(self, channels: int, scale: int) -> None:
        steps = _steps(scale)
        super().__init__(*(layer for r in steps for layer in (conv(channels, channels * r * r), nn.PixelShuffle(r))))

    @staticmethod
    def scale_of(weights: Mapping[str, Tensor], prefix: str) -> int:
        """Return the scale of the upsampler whose weights are called ``<prefix>.0.weight``, ``<prefix>.2.weight``, …

        Raises:
            KeyError: there is none.
        """
        scale, step = isqrt(_growth(weights[f"{prefix}.0.weight"])), 2
        while (weight := weights.get(f"{prefix}.{step}.weight")) is not None:
            scale, step = scale * isqrt(_growth(weight)), step + 2
        return scale


def _growth(weight: Tensor) -> int:
    return weight.shape[0] // weight.shape[1]


def _steps(scale: int) -> list[int]:
    if scale == 3:
        return [3]
    if scale >= 1 and scale & (scale - 1) == 0:
        return [2] * (scale.bit_length() - 1)
    raise BadInput(f"This upsampler enlarges by 3 or by a power of two (2, 4, 8), and was asked for x{scale}.")
