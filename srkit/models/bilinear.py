"""Bilinear interpolation: straight lines between neighbouring pixels, first in one direction, then in the other.

Older than computing; set beside cubic interpolation in R. Keys, "Cubic convolution interpolation for digital image
processing", IEEE Transactions on Acoustics, Speech, and Signal Processing 29(6), 1153-1160, 1981,
https://doi.org/10.1109/TASSP.1981.1163711. The idea in one sentence: each new pixel is a weighted mean of the four
nearest old ones, the nearer the heavier, so that nothing overshoots and everything blurs.

Deviations: none; pixels are placed as MATLAB's ``imresize(..., "bilinear")`` places them, by their centres.
"""

from __future__ import annotations

from torch import Tensor, nn

from srkit.layers import Interpolation
from srkit.models._registry import Card, register_model

__all__ = ["CARD", "Bilinear"]


class Bilinear(nn.Module):
    """Tents around the pixels, added up.

    Args:
        scale: enlargement factor.
    """

    def __init__(self, *, scale: int) -> None:
        super().__init__()
        self.scale = scale
        self.enlarge = Interpolation(scale, "bilinear")

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        sr: Tensor = self.enlarge(lr)  # (b, 3, s*h, s*w)
        return sr


CARD = Card(
    title="Bilinear",
    year=1981,
    citation="older than computing; compared with cubic interpolation in R. Keys, Cubic convolution interpolation for "
    "digital image processing, IEEE TASSP 29(6), 1153-1160",
    url="https://doi.org/10.1109/TASSP.1981.1163711",
    framework="interpolation",
    idea="Each new pixel is a fixed weighted mean of the four nearest old ones.",
    lesson="04",
    scales=(2, 3, 4, 8),
    parameters=dict.fromkeys((2, 3, 4, 8), 0),
    parameters_source="nothing is learned",
    checkpoints="nothing to load",
)

register_model("bilinear", CARD)(Bilinear)
