"""SAFMN, features multiplied by themselves at four sizes.

L. Sun, J. Dong, J. Tang, J. Pan, "Spatially-Adaptive Feature Modulation for Efficient Image Super-Resolution", ICCV
2023, 13190-13199, https://arxiv.org/abs/2302.13800. The idea in one sentence: a quarter of the channels each is pooled
to the whole, a half, a quarter and an eighth of the size, and what comes back weighs the features.

Deviations from the paper: below 8 pixels a side, pooling stops at one pixel, where the released code fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isqrt
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers import conv
from srkit.layers.normalise import ChannelNorm
from srkit.models._published import published
from srkit.models._registry import Card, Layout, register_model
from srkit.ops._export import is_exporting, largest, repeated

__all__ = ["CARD", "LARGE", "SAFMN"]


class Modulation(nn.Module):
    """Section 3.1, "SAFM": depthwise convolutions at four sizes make the weights of the features."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        few = channels // 4
        self.levels = nn.ModuleList(nn.Conv2d(few, few, 3, padding=1, groups=few) for _ in range(4))
        self.join = conv(channels, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Weigh ``(b, c, h, w)``; the shape stays."""
        h, w = features.shape[-2:]
        found = []
        for i, (part, level) in enumerate(zip(features.chunk(4, dim=1), self.levels, strict=True)):
            if is_exporting():  # the same in layers that leave the sizes free
                found.append(repeated(level(largest(part, 2**i)), h, w))
                continue
            small = F.adaptive_max_pool2d(part, (max(h >> i, 1), max(w >> i, 1)))  # (b, c/4, h/2^i, w/2^i)
            found.append(F.interpolate(level(small), size=(h, w), mode="nearest"))  # (b, c/4, h, w)
        return F.gelu(self.join(torch.cat(found, dim=1))) * features  # (b, c, h, w)


class Block(nn.Module):
    """Figure 2: modulation and a convolutional perceptron, each after a normalisation and with a skip."""

    def __init__(self, channels: int, *, expansion: float) -> None:
        super().__init__()
        hidden = int(channels * expansion)
        self.norm1, self.norm2 = ChannelNorm(channels), ChannelNorm(channels)
        self.modulation = Modulation(channels)
        self.mixer = nn.Sequential(conv(channels, hidden), nn.GELU(), conv(hidden, channels, 1))

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, c, h, w)``; the shape stays."""
        features = features + self.modulation(self.norm1(features))
        refined: Tensor = features + self.mixer(self.norm2(features))
        return refined


class SAFMN(nn.Module):
    """Figure 2: head, blocks with a long skip, and one sub-pixel step.

    Args:
        scale: enlargement factor.
        channels: feature channels; a multiple of 4.
        n_blocks: blocks one after another.
        expansion: width of a perceptron in ``channels``.
    """

    def __init__(self, *, scale: int, channels: int = 36, n_blocks: int = 8, expansion: float = 2.0) -> None:
        super().__init__()
        self.scale = scale
        self.head = conv(3, channels)
        self.blocks = nn.Sequential(*(Block(channels, expansion=expansion) for _ in range(n_blocks)))
        self.tail = conv(channels, 3 * scale * scale)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        shallow = self.head(lr)  # (b, c, h, w)
        return F.pixel_shuffle(self.tail(shallow + self.blocks(shallow)), self.scale)  # (b, 3, scale*h, scale*w)


CARD = Card(
    title="SAFMN",
    year=2023,
    citation="L. Sun, J. Dong, J. Tang, J. Pan, Spatially-Adaptive Feature Modulation for Efficient Image "
    "Super-Resolution, ICCV 2023, 13190-13199",
    url="https://arxiv.org/abs/2302.13800",
    framework="post-upsampling",
    idea="Quarters of the channels, pooled to four sizes and brought back, weigh the features.",
    lesson="12",
    scales=(2, 3, 4),
    parameters={2: 227_820, 3: 232_695, 4: 239_520},
    parameters_source="sunny2109/SAFMN",
    tiny={"channels": 8, "n_blocks": 2},
    published=published("safmn"),
    deviations=("below 8 pixels a side, pooling stops at one pixel, where the released code fails",),
    checkpoints="sunny2109/SAFMN (Apache-2.0) on a drive, .pth",
)

LARGE = replace(
    CARD,
    title="SAFMN large",
    published=(),
    idea="SAFMN with 16 blocks of 128 channels.",
    parameters={2: 5_559_308, 3: 5_576_603, 4: 5_600_816},
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    channels = weights["head.weight"].shape[0]
    return {
        "scale": isqrt(weights["tail.weight"].shape[0] // 3),
        "channels": channels,
        "n_blocks": sum(key.endswith(".join.weight") for key in weights),
        "expansion": weights["blocks.0.mixer.0.weight"].shape[0] / channels,
    }


LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"to_feat\.(.+)", r"head.\1"),
        (r"feats\.(\d+)\.(norm\d)\.(.+)", r"blocks.\1.\2.\3"),
        (r"feats\.(\d+)\.safm\.mfr\.(.+)", r"blocks.\1.modulation.levels.\2"),
        (r"feats\.(\d+)\.safm\.aggr\.(.+)", r"blocks.\1.modulation.join.\2"),
        (r"feats\.(\d+)\.ccm\.ccm\.(.+)", r"blocks.\1.mixer.\2"),
        (r"to_img\.0\.(.+)", r"tail.\1"),
    ),
)

register_model("safmn", CARD, layout=LAYOUT)(SAFMN)
register_model("safmn_large", LARGE, layout=LAYOUT, channels=128, n_blocks=16)(SAFMN)
