"""Enhanced spatial attention: where in the image to look, decided on a small copy of it.

J. Liu, W. Zhang, Y. Tang, J. Tang, G. Wu, "Residual Feature Aggregation Network for Image Super-Resolution", CVPR 2020,
figure 4; its light forms stand in RFDN (ECCV Workshops 2020) and RLFN (CVPR Workshops 2022).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers.conv import conv
from srkit.ops._export import is_exporting, lacking

__all__ = ["SpatialAttention", "in_threes"]


class SpatialAttention(nn.Module):
    """Multiply features with a mask in [0, 1] that was made at a sixth of their size.

    Below 15 pixels a side the maximum is taken over all that is left, where the published code fails.

    Args:
        middle: maps ``(b, few, h, w)`` onto itself at the small size; by default one 3x3 convolution.
        stride: maps it onto about half of its size first; by default a 3x3 convolution without padding.
    """

    RENAMES: ClassVar[Mapping[str, str]] = {
        "conv1": "narrow",
        "conv_f": "beside",
        "conv2": "stride",
        "conv3": "middle",
        "conv4": "widen",
    }
    """From the published names to those of this class with one convolution in the middle."""
    RENAMES_OF_THREE: ClassVar[Mapping[str, str]] = {
        **RENAMES,
        "conv_max": "middle.0",
        "conv3": "middle.2",
        "conv3_": "middle.4",
    }
    """The same with three of them and an activation after the first two."""

    def __init__(
        self, channels: int, few: int, *, middle: nn.Module | None = None, stride: nn.Module | None = None
    ) -> None:
        super().__init__()
        self.narrow, self.beside, self.widen = conv(channels, few, 1), conv(few, few, 1), conv(few, channels, 1)
        self.stride = stride or nn.Conv2d(few, few, 3, stride=2)
        self.middle = middle or conv(few, few)

    def forward(self, features: Tensor) -> Tensor:
        """Weigh ``(b, channels, h, w)``; the shape stays."""
        slim = self.narrow(features)  # (b, few, h, w)
        small = self.stride(slim)  # (b, few, (h-1)//2, (w-1)//2)
        small = self.middle(_coarse_maxima(small))  # (b, few, about h/6, about w/6)
        large = F.interpolate(small, size=features.shape[-2:], mode="bilinear")  # (b, few, h, w)
        return features * torch.sigmoid(self.widen(large + self.beside(slim)))


def in_threes(
    few: int, *, make: Callable[[int, int], nn.Module] = conv, activation: nn.Module | None = None
) -> nn.Sequential:
    """Return a ``middle`` of three convolutions, with an activation (ReLU) after the first two."""
    between = activation or nn.ReLU()
    return nn.Sequential(make(few, few), between, make(few, few), between, make(few, few))


def _coarse_maxima(small: Tensor) -> Tensor:
    """Return the maxima of each third window of 7 x 7 of ``(b, c, h, w)``; along a shorter side, over all of it."""
    if not is_exporting():
        return F.max_pool2d(small, [min(7, side) for side in small.shape[-2:]], stride=3)
    below, beside = (lacking(side, 7) for side in small.shape[-2:])
    added = F.pad(small, (0, beside, 0, below), value=-torch.inf)  # the same at any size: no maximum is among it
    return F.max_pool2d(added, 7, stride=3)
