"""Windows of neighbours and grids of pixels that lie far apart, and what follows attention among them.

H. Wang, X. Chen, B. Ni, Y. Liu, J. Liu, "Omni Aggregation Networks for Lightweight Image Super-Resolution", CVPR 2023,
section 3, https://arxiv.org/abs/2304.10244.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers.conv import conv
from srkit.layers.normalise import ChannelNorm
from srkit.layers.windows import assemble, attend_channels, partition

__all__ = ["ChannelAttention", "GatedPerceptron", "depthwise", "gather", "scatter"]


def depthwise(channels: int, *, bias: bool) -> nn.Conv2d:
    """Return a 3x3 convolution of every channel by itself."""
    return nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=bias)


def gather(features: Tensor, window: int) -> Tensor:
    """Move pixels of ``(b, h, w, c)`` that lie ``h/window`` and ``w/window`` apart into one window."""
    b, h, w, c = features.shape
    return features.view(b, window, h // window, window, w // window, c).permute(0, 2, 1, 4, 3, 5).reshape(b, h, w, c)


def scatter(features: Tensor, window: int) -> Tensor:
    """Undo :func:`gather`."""
    b, h, w, c = features.shape
    return features.view(b, h // window, window, w // window, window, c).permute(0, 2, 1, 4, 3, 5).reshape(b, h, w, c)


class GatedPerceptron(nn.Module):
    """Half of the channels, activated, multiplies the other half; after a normalisation, beside a skip."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = ChannelNorm(channels)
        self.widen, self.middle = conv(channels, 2 * channels, 1, bias=False), depthwise(2 * channels, bias=False)
        self.narrow = conv(channels, channels, 1, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, c, h, w)``; the shape stays."""
        gate, value = self.middle(self.widen(self.norm(features))).chunk(2, dim=1)  # each (b, c, h, w)
        refined: Tensor = self.narrow(F.gelu(gate) * value)  # (b, c, h, w)
        return features + refined


class ChannelAttention(nn.Module):
    """Section 3.2, channels: those of a window attend to each other; across a grid, those of every eighth pixel."""

    def __init__(self, channels: int, *, n_heads: int, window: int, grid: bool) -> None:
        super().__init__()
        self.n_heads, self.window, self.grid = n_heads, window, grid
        self.norm = ChannelNorm(channels)
        self.temperature = nn.Parameter(torch.ones(n_heads, 1, 1))
        self.qkv, self.middle = conv(channels, 3 * channels, 1, bias=False), depthwise(3 * channels, bias=False)
        self.proj = conv(channels, channels, 1, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, c, h, w)``; the shape stays."""
        _, c, h, w = features.shape
        cut = partition(self.middle(self.qkv(self.norm(features))).movedim(1, -1), self.window)  # (b, n, area, 3*c)
        groups = cut.transpose(1, 2) if self.grid else cut  # (b, g, t, 3*c): t pixels whose channels compare
        parts = groups.reshape(*groups.shape[:3], 3, self.n_heads, -1)  # (b, g, t, 3, heads, c/heads)
        query, key, value = parts.permute(3, 0, 1, 4, 5, 2)  # each (b, g, heads, c/heads, t)
        mixed = attend_channels(query, key, value, self.temperature)  # (b, g, heads, c/heads, t)
        mixed = mixed.permute(0, 1, 4, 2, 3).reshape(*groups.shape[:3], c)  # (b, g, t, c)
        seen = assemble(mixed.transpose(1, 2) if self.grid else mixed, h, w)  # (b, h, w, c)
        refined: Tensor = features + self.proj(seen.movedim(-1, 1))
        return refined
