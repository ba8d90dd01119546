"""RLFN, three plain convolutions with one skip.

F. Kong, M. Li, S. Liu, D. Liu, J. He, Y. Bai, F. Chen, L. Fu, "Residual Local Feature Network for Efficient
Super-Resolution", CVPR Workshops 2022, 765-775, https://arxiv.org/abs/2205.07514, winner of the runtime track of NTIRE
2022. The idea in one sentence: keeping and joining channels costs time in memory traffic, three convolutions in a row
with one skip are as good and faster.

Deviations from the paper: none known. As in the released code, pixels go from 0 to 255 and no mean is subtracted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isqrt
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers import PixelRange, conv
from srkit.layers.spatial import SpatialAttention
from srkit.models._published import published
from srkit.models._registry import Card, Layout, register_model

__all__ = ["CARD", "CHALLENGE", "RLFN", "SMALL"]


class Block(nn.Module):
    """Figure 2(b), "RLFB": three convolutions with a skip, a 1x1 convolution, and attention to places."""

    def __init__(self, channels: int, *, inner: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList([conv(channels, inner), conv(inner, inner), conv(inner, channels)])
        self.join, self.places = conv(channels, channels, 1), SpatialAttention(channels, 16)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, c, h, w)``; the shape stays."""
        refined = features
        for layer in self.convs:
            refined = F.leaky_relu(layer(refined), 0.05)
        weighed: Tensor = self.places(self.join(refined + features))
        return weighed


class RLFN(nn.Module):
    """Figure 2(a): head, blocks with a long skip, and one sub-pixel step.

    Args:
        scale: enlargement factor.
        channels: feature channels.
        n_blocks: blocks one after another.
        inner: channels between the convolutions of a block; by default ``channels``.
        rgb_range: the value of white inside the network.
    """

    def __init__(
        self, *, scale: int, channels: int = 52, n_blocks: int = 6, inner: int | None = None, rgb_range: float = 255.0
    ) -> None:
        super().__init__()
        self.scale = scale
        self.range = PixelRange(rgb_range=rgb_range, mean=(0.0, 0.0, 0.0))
        self.head, self.body_end = conv(3, channels), conv(channels, channels)
        self.blocks = nn.Sequential(*(Block(channels, inner=inner or channels) for _ in range(n_blocks)))
        self.tail = conv(channels, 3 * scale * scale)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        shallow = self.head(self.range.inwards(lr))  # (b, c, h, w)
        deep = self.body_end(self.blocks(shallow)) + shallow  # (b, c, h, w)
        return self.range.outwards(F.pixel_shuffle(self.tail(deep), self.scale))  # (b, 3, scale*h, scale*w)


CARD = Card(
    title="RLFN",
    year=2022,
    citation="F. Kong, M. Li, S. Liu, D. Liu, J. He, Y. Bai, F. Chen, L. Fu, Residual Local Feature Network for "
    "Efficient Super-Resolution, CVPR Workshops 2022, 765-775",
    url="https://arxiv.org/abs/2205.07514",
    framework="post-upsampling",
    idea="Three convolutions in a row with one skip, and attention to places: fast because nothing is kept aside.",
    lesson="16",
    scales=(2, 3, 4),
    parameters={2: 526_856, 3: 533_891, 4: 543_740},
    parameters_source="bytedance/RLFN",
    tiny={"channels": 8, "n_blocks": 2},
    published=published("rlfn"),
    checkpoints="bytedance/RLFN (Apache-2.0), .pth, by name: pretrained='official'",
)

SMALL = replace(
    CARD,
    title="RLFN-S",
    idea="RLFN with 48 channels.",
    parameters={2: 454_620, 3: 461_115, 4: 470_208},
    published=(),
)

CHALLENGE = replace(
    CARD,
    title="RLFN of NTIRE 2022",
    idea="RLFN with four blocks of 46 channels, 48 inside, pruned for the challenge.",
    scales=(4,),
    parameters={4: 317_218},
    published=(),
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    return {
        "scale": isqrt(weights["tail.weight"].shape[0] // 3),
        "channels": weights["head.weight"].shape[0],
        "n_blocks": sum(key.endswith(".join.weight") for key in weights),
        "inner": weights["blocks.0.convs.0.weight"].shape[0],
    }


_PARTS = {
    **{rf"c{i + 1}_r": f"convs.{i}" for i in range(3)},
    "c5": "join",
    **{rf"esa\.{theirs}": f"places.{ours}" for theirs, ours in SpatialAttention.RENAMES.items()},
}

LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"conv_1\.(.+)", r"head.\1"),
        (r"conv_2\.(.+)", r"body_end.\1"),
        *(
            (rf"block_{n + 1}\.{theirs}\.(.+)", rf"blocks.{n}.{ours}.\1")
            for n in range(8)
            for theirs, ours in _PARTS.items()
        ),
        (r"upsampler\.0\.(.+)", r"tail.\1"),
    ),
)

register_model("rlfn", CARD, layout=LAYOUT)(RLFN)
register_model("rlfn_s", SMALL, layout=LAYOUT, channels=48)(RLFN)
register_model("rlfn_ntire", CHALLENGE, layout=LAYOUT, channels=46, inner=48, n_blocks=4)(RLFN)
