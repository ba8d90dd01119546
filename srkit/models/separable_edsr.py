"""EDSR from depthwise separable convolutions, after an entry of the PIRM 2018 smartphone challenge.

The lecture names "Nie et al."; the reference behind it is A. Ignatov et al., "PIRM Challenge on Perceptual Image
Enhancement on Smartphones: Report", ECCV Workshops 2018, https://arxiv.org/abs/1810.01641. The idea in one sentence:
filter each channel on its own and mix the channels at each pixel, which costs an eighth of a full convolution.

Deviations: the design is ours. Neither a paper nor a description nor code of the entry could be found. It is EDSR's
baseline with each 3x3 convolution of the body and the upsampler split in two; head, tail and skips are EDSR's.
"""

from __future__ import annotations

from torch import Tensor, nn

from srkit.layers import PixelRange, conv
from srkit.models._registry import Card, register_model

__all__ = ["CARD", "SeparableEDSR"]


def separable(channels_in: int, channels_out: int) -> nn.Sequential:
    """Return a 3x3 convolution of each channel and a 1x1 convolution over the channels, both with biases.

    For ``k x k`` kernels it has ``1/channels_out + 1/k**2`` times the weights of a full convolution.
    """
    depthwise = nn.Conv2d(channels_in, channels_in, 3, padding=1, groups=channels_in)
    return nn.Sequential(depthwise, conv(channels_in, channels_out, 1))


def upsampler(channels: int, scale: int) -> nn.Sequential:
    """Return EDSR's upsampler, ``(b, channels, h, w)`` to ``(b, channels, scale*h, scale*w)``, made separable."""
    steps = [3] if scale == 3 else [2] * (scale.bit_length() - 1)
    return nn.Sequential(
        *(layer for r in steps for layer in (separable(channels, channels * r * r), nn.PixelShuffle(r)))
    )


class ResidualBlock(nn.Module):
    """EDSR's block: convolution, ReLU, convolution, skip; both convolutions separable.

    Args:
        channels: in and out.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = separable(channels, channels)
        self.conv2 = separable(channels, channels)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        residual: Tensor = self.conv2(self.conv1(features).relu_())
        return features + residual


class SeparableEDSR(nn.Module):
    """Head, residual body with a long skip, upsampler, tail.

    Args:
        scale: enlargement factor.
        channels: feature channels.
        n_blocks: residual blocks.
        rgb_range: the value of white inside the network.
    """

    def __init__(self, *, scale: int, channels: int = 64, n_blocks: int = 16, rgb_range: float = 255.0) -> None:
        super().__init__()
        self.scale = scale
        self.range = PixelRange(rgb_range=rgb_range)
        self.head = conv(3, channels)
        self.body = nn.Sequential(*(ResidualBlock(channels) for _ in range(n_blocks)))
        self.body_end = separable(channels, channels)
        self.upsampler = upsampler(channels, scale)
        self.tail = conv(channels, 3)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        shallow = self.head(self.range.inwards(lr))  # (b, 64, h, w)
        deep = shallow + self.body_end(self.body(shallow))
        return self.range.outwards(self.tail(self.upsampler(deep)))  # (b, 3, s*h, s*w)


CARD = Card(
    title="Separable EDSR (course design after Nie et al.)",
    year=2018,
    citation="A. Ignatov et al., PIRM Challenge on Perceptual Image Enhancement on Smartphones: Report, ECCV Workshops "
    "2018, where Nie et al. have an entry",
    url="https://arxiv.org/abs/1810.01641",
    framework="post-upsampling",
    idea="Filter each channel on its own, then mix the channels at each pixel.",
    lesson="08",
    scales=(2, 3, 4),
    parameters={2: 179_203, 3: 200_003, 4: 196_483},
    parameters_source="our own design, by hand: 1 792 + 16 x 9 600 + 4 800 + upsampler + 1 731; no count is published",
    tiny={"channels": 16, "n_blocks": 2},
    deviations=("the design is ours, EDSR's baseline made separable: the challenge entry is not described anywhere",),
)

register_model("separable_edsr", CARD)(SeparableEDSR)
