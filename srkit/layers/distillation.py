"""Feature distillation: a few channels are kept after each convolution, the rest is refined further.

J. Liu, J. Tang, G. Wu, "Residual Feature Distillation Network for Lightweight Image Super-Resolution", ECCV Workshops
2020, section 3, https://arxiv.org/abs/2009.11551; the attention to contrast is that of IMDN (Z. Hui et al., ACM
Multimedia 2019, section 3.3, https://arxiv.org/abs/1909.11856).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from srkit.layers.conv import conv

__all__ = ["ContrastAttention", "DistillationBlock"]


class ContrastAttention(nn.Module):
    """Weigh each channel by a number in (0, 1) made of all channels' means and standard deviations over the image.

    Args:
        channels: in and out.
        reduction: channels are squeezed to ``channels // reduction``.
    """

    def __init__(self, channels: int, *, reduction: int = 16) -> None:
        super().__init__()
        self.squeeze, self.excite = (
            conv(channels, channels // reduction, 1),
            conv(channels // reduction, channels, 1),
        )

    def forward(self, features: Tensor) -> Tensor:
        """Weigh the channels of ``(b, channels, h, w)``; the shape stays."""
        mean = features.mean((2, 3), keepdim=True)  # (b, channels, 1, 1)
        variance = (features - mean).square().mean((2, 3), keepdim=True)  # not torch.var, which ncnn does not know
        contrast = (variance + 1e-12).sqrt() + mean  # the summand keeps the gradient finite where a channel is flat
        return features * torch.sigmoid(self.excite(self.squeeze(contrast).relu()))  # (b, channels, h, w)


class DistillationBlock(nn.Module):
    """Three steps that keep half of the channels and refine all; what was kept is joined and mixed.

    Args:
        channels: in and out; even.
        make: builds a 3x3 convolution from its channels in and out.
        activation: after each layer.
        attention: what the joined channels go through at the end, ``(b, channels, h, w)`` onto itself.
    """

    RENAMES: ClassVar[Mapping[str, str]] = {
        **{f"c{i + 1}_d": f"keep.{i}" for i in range(3)},
        **{f"c{i + 1}_r": f"refine.{i}" for i in range(3)},
        "c4": "last",
        "c5": "join",
    }
    """From the published names to those of this class."""

    def __init__(
        self, channels: int, *, make: Callable[[int, int], nn.Module], activation: nn.Module, attention: nn.Module
    ) -> None:
        super().__init__()
        half = channels // 2
        self.keep = nn.ModuleList(conv(channels, half, 1) for _ in range(3))
        self.refine = nn.ModuleList(make(channels, channels) for _ in range(3))
        self.last, self.join = make(channels, half), conv(4 * half, channels, 1)
        self.activation, self.attention = activation, attention

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        kept = []
        for keep, refine in zip(self.keep, self.refine, strict=True):
            kept.append(self.activation(keep(features)))  # (b, channels/2, h, w)
            features = self.activation(refine(features) + features)
        kept.append(self.activation(self.last(features)))  # (b, channels/2, h, w)
        refined: Tensor = self.attention(self.join(torch.cat(kept, dim=1)))  # (b, channels, h, w)
        return refined
