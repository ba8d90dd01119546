"""Residual blocks that several networks are made of: EDSR's, and RDN's with dense layers."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from srkit.layers.conv import conv

__all__ = ["ResidualBlock", "ResidualDenseBlock"]


class ResidualBlock(nn.Module):
    """Convolution, ReLU, convolution, and the skip: figure 2(c) of Lim et al., EDSR, https://arxiv.org/abs/1707.02921.

    Args:
        channels: in and out.
        size: side of both kernels in pixels; odd.
        residual_scale: factor on the residual before it is added.
        bias: of both convolutions.
        relu_after: a ReLU after the sum, as in CARN.

    Raises:
        BadInput: ``size`` is even.
    """

    def __init__(
        self, channels: int, *, size: int = 3, residual_scale: float = 1.0, bias: bool = True, relu_after: bool = False
    ) -> None:
        super().__init__()
        self.residual_scale = residual_scale
        self.relu_after = relu_after
        self.conv1 = conv(channels, channels, size, bias=bias)
        self.conv2 = conv(channels, channels, size, bias=bias)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        residual: Tensor = self.conv2(self.conv1(features).relu_())
        refined = torch.add(features, residual, alpha=self.residual_scale)
        return refined.relu_() if self.relu_after else refined


class ResidualDenseBlock(nn.Module):
    """Layers that read everything before them, a 1x1 fusion, and the skip: figure 3 of Zhang et al., RDN, CVPR 2018.

    Args:
        channels: in and out.
        growth: channels that each layer adds.
        n_layers: number of layers.
    """

    def __init__(self, channels: int, *, growth: int, n_layers: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(conv(channels + i * growth, growth) for i in range(n_layers))
        self.fusion = conv(channels + n_layers * growth, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        seen = features
        for layer in self.convs:
            seen = torch.cat([seen, layer(seen).relu_()], dim=1)  # (b, channels + i*growth, h, w)
        residual: Tensor = self.fusion(seen)  # (b, channels, h, w)
        return features + residual
