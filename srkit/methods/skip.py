"""The network of the deep image prior: an hourglass of normalised convolutions with narrow skip connections.

D. Ulyanov, A. Vedaldi, V. Lempitsky, "Deep Image Prior", CVPR 2018, supplement, figure 21 and
https://arxiv.org/abs/1711.10925; with non-local blocks after X. Wang et al., "Non-local Neural Networks", CVPR 2018, it
is the image network of DIP-FKP. Any size goes in and comes out: what was enlarged too far is cut to the skip's size.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.errors import BadInput

__all__ = ["NonLocal", "SkipNet"]


class NonLocal(nn.Module):
    """Non-local attention by the dot product of two embeddings; adds nothing at first.

    Args:
        channels: in and out; embeddings have half as many.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        inner = max(channels // 2, 1)
        self.values = nn.Conv2d(channels, inner, 1)
        self.back = nn.Sequential(nn.Conv2d(inner, channels, 1), _ZeroNorm(channels))
        self.queries = nn.Conv2d(channels, inner, 1)
        self.keys = nn.Conv2d(channels, inner, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Apply non-local attention to ``(b, c, h, w)``, at least 2 x 2; the shape stays."""
        values = F.max_pool2d(self.values(x), 2).flatten(2)  # (b, c/2, n)
        keys = F.max_pool2d(self.keys(x), 2).flatten(2)  # (b, c/2, n)
        queries = self.queries(x).flatten(2)  # (b, c/2, h*w)
        alike = queries.transpose(1, 2) @ keys / keys.shape[-1]  # (b, h*w, n)
        seen = (alike @ values.transpose(1, 2)).transpose(1, 2)  # (b, c/2, h*w)
        added: Tensor = self.back(seen.unflatten(2, x.shape[-2:]))  # (b, c, h, w)
        return added + x


class SkipNet(nn.Module):
    """Five scales by default, each with a skip connection of a few channels.

    Args:
        inputs: channels of the noise that goes in.
        channels: of each scale.
        skip: of each skip connection.
        depth: number of scales.
        non_local: from which scale on, counted from 0, a non-local block looks around; None for none.
    """

    def __init__(
        self, *, inputs: int = 32, channels: int = 128, skip: int = 4, depth: int = 5, non_local: int | None = None
    ) -> None:
        super().__init__()
        if min(inputs, channels, skip, depth) < 1:
            raise BadInput("The skip network needs at least one input, channel, skip channel and scale.")
        self.depth = depth
        self.body = _Scale(inputs, channels, skip, depth, non_local)
        self.tail = nn.Conv2d(channels, 3, 1)

    @property
    def smallest(self) -> int:
        """The smallest side that can go in: the deepest scale has at least 2 pixels."""
        return int(2**self.depth + 1)

    def forward(self, noise: Tensor) -> Tensor:
        """Make an image ``(b, 3, h, w)`` in (0, 1) of noise ``(b, inputs, h, w)``."""
        return torch.sigmoid(self.tail(self.body(noise)))  # (b, 3, h, w)


class _ZeroNorm(nn.BatchNorm2d):
    """A normalisation that gives nothing until it has learnt to."""

    def draw_first(self, rng: torch.Generator) -> None:
        self.reset_parameters()
        nn.init.zeros_(self.weight)


class _Scale(nn.Module):
    """A scale and, inside, those below it."""

    def __init__(self, inputs: int, channels: int, skip: int, depth: int, non_local: int | None) -> None:
        super().__init__()
        around = [NonLocal(channels)] if non_local is not None and non_local <= 0 else []
        deeper = None if non_local is None else non_local - 1
        self.skip = _block(inputs, skip, 1)
        self.down = nn.Sequential(*_block(inputs, channels, 3, stride=2), *around, *_block(channels, channels, 3))
        self.below = _Scale(channels, channels, skip, depth - 1, deeper) if depth > 1 else nn.Identity()
        self.norm = nn.BatchNorm2d(skip + channels)
        self.up = nn.Sequential(*_block(skip + channels, channels, 3), *_block(channels, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        """Return ``(b, channels, h, w)`` for ``(b, inputs, h, w)``."""
        small = self.below(self.down(x))  # (b, channels, ceil(h/2), ceil(w/2))
        beside = self.skip(x)  # (b, skip, h, w)
        large = F.interpolate(small, scale_factor=2, mode="bilinear")  # (b, channels, 2*ceil(h/2), 2*ceil(w/2))
        large = large[..., : beside.shape[-2], : beside.shape[-1]]  # (b, channels, h, w)
        x = self.norm(torch.cat([beside, large], dim=1))  # (b, skip + channels, h, w)
        out: Tensor = self.up(x)  # (b, channels, h, w)
        return out


def _block(inputs: int, outputs: int, side: int, *, stride: int = 1) -> nn.Sequential:
    layer = nn.Conv2d(inputs, outputs, side, stride, padding=side // 2, padding_mode="reflect")
    return nn.Sequential(layer, nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2, inplace=True))
