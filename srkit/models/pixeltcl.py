"""PixelTCL, an upsampler whose pixels know their neighbours.

H. Gao, H. Yuan, Z. Wang, S. Ji, "Pixel Transposed Convolutional Networks", IEEE TPAMI 42(5), 1218-1227, 2020,
https://arxiv.org/abs/1705.06820. The idea in one sentence: make the four phases of the enlarged features one after the
other, each from those before it, so that neighbours agree and no checkerboard appears.

Deviations from the paper: its networks segment images and generate them; this one enlarges. It is the body of EDSR's
baseline (16 residual blocks of 64 channels) with the paper's layer as its x2 step, a choice of this course.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import PixelRange, ResidualBlock, conv
from srkit.models._registry import Card, register_model

__all__ = ["CARD", "InputPixelTCL", "PixelTCL", "PixelTCLNet"]


def _lattices(first: Tensor, right: Tensor, below: Tensor, diagonal: Tensor) -> Tensor:
    """Put four maps ``(b, c, h, w)`` on the lattices (0, 0), (0, 1), (1, 0), (1, 1) of one ``(b, c, 2*h, 2*w)``."""
    phases = torch.stack([first, right, below, diagonal], dim=2).flatten(1, 2)  # (b, 4*c, h, w)
    return F.pixel_shuffle(phases, 2)


class PixelTCL(nn.Module):
    """The pixel transposed convolutional layer, x2: two lattices in sequence, the other two from their neighbours.

    Args:
        channels_in: channels read.
        channels_out: channels written.
    """

    mask: Tensor

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.first = conv(channels_in, channels_out, bias=False)
        self.second = conv(channels_out, channels_out, bias=False)
        self.fill = conv(channels_out, channels_out, bias=False)
        cross = torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
        self.register_buffer("mask", cross, persistent=False)  # the neighbours that share an edge

    def forward(self, features: Tensor) -> Tensor:
        """Enlarge ``(b, channels_in, h, w)`` to ``(b, channels_out, 2*h, 2*w)``."""
        first = self.first(features)  # (b, channels_out, h, w)
        second = self.second(first)  # (b, channels_out, h, w)
        empty = torch.zeros_like(first)
        half = _lattices(first, empty, empty, second)  # (b, channels_out, 2*h, 2*w)
        others = F.conv2d(half, self.fill.weight * self.mask, padding=1)  # exactly zero where ``half`` is filled
        return (half + others).relu_()


class InputPixelTCL(nn.Module):
    """The input pixel transposed convolutional layer (iPixelTCL), x2: every lattice also reads the input.

    Args:
        channels_in: channels read.
        channels_out: channels written.
    """

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.first = conv(channels_in, channels_out, bias=False)
        self.second = conv(channels_in + channels_out, channels_out, bias=False)
        self.others = conv(channels_in + 2 * channels_out, 2 * channels_out, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Enlarge ``(b, channels_in, h, w)`` to ``(b, channels_out, 2*h, 2*w)``."""
        first = self.first(features)  # (b, channels_out, h, w)
        second = self.second(torch.cat([features, first], dim=1))  # (b, channels_out, h, w)
        known = torch.cat([features, first, second], dim=1)  # (b, channels_in + 2*channels_out, h, w)
        below, right = self.others(known).chunk(2, dim=1)  # (b, channels_out, h, w) each
        return _lattices(first, right, below, second).relu_()  # (b, channels_out, 2*h, 2*w)


class PixelTCLNet(nn.Module):
    """EDSR's baseline whose sub-pixel steps are replaced by the paper's layer.

    Args:
        scale: a power of two; one layer for each doubling.
        channels: feature channels.
        n_blocks: residual blocks.
        from_input: take the layer that also reads its input (iPixelTCL).

    Raises:
        BadInput: a scale that is no power of two.
    """

    def __init__(self, *, scale: int, channels: int = 64, n_blocks: int = 16, from_input: bool = False) -> None:
        super().__init__()
        if scale < 2 or scale & (scale - 1):
            raise BadInput(f"PixelTCL doubles: x2, x4, x8, not x{scale}.")
        layer = InputPixelTCL if from_input else PixelTCL
        self.scale = scale
        self.range = PixelRange()
        self.head = conv(3, channels)
        self.body = nn.Sequential(*(ResidualBlock(channels) for _ in range(n_blocks)))
        self.body_end = conv(channels, channels)
        self.enlarge = nn.Sequential(*(layer(channels, channels) for _ in range(scale.bit_length() - 1)))
        self.tail = conv(channels, 3)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        shallow = self.head(self.range.inwards(lr))  # (b, 64, h, w)
        deep = shallow + self.body_end(self.body(shallow))
        large = self.enlarge(deep)  # (b, 64, s*h, s*w)
        return self.range.outwards(self.tail(large))  # (b, 3, s*h, s*w)


CARD = Card(
    title="PixelTCL in EDSR (course design)",
    year=2017,
    citation="H. Gao, H. Yuan, Z. Wang, S. Ji, Pixel Transposed Convolutional Networks, arXiv 2017; "
    "IEEE TPAMI 42(5), 2020, 1218-1227",
    url="https://arxiv.org/abs/1705.06820",
    framework="post-upsampling",
    idea="The four phases of the enlarged features are made one after the other, each from those before it.",
    lesson="04",
    scales=(2, 4),
    parameters={2: 1_332_739, 4: 1_443_331},
    parameters_source="by hand: EDSR's baseline without its upsampler, 1 222 147, and 110 592 for each x2 layer "
    "(divelab/PixelTCN: 3 x 36 864), of which a mask silences 20 480",
    tiny={"channels": 16, "n_blocks": 1},
    deviations=(
        "the paper's networks segment; the design is ours: the layer stands here as the upsampler of EDSR's baseline",
    ),
)

register_model("pixeltcl", CARD)(PixelTCLNet)
