"""RFDN, channels are kept by 1x1 convolutions beside residual ones.

J. Liu, J. Tang, G. Wu, "Residual Feature Distillation Network for Lightweight Image Super-Resolution", ECCV Workshops
2020, 41-55, https://arxiv.org/abs/2009.11551, winner of the AIM 2020 challenge on efficient super-resolution. The idea
in one sentence: a 1x1 convolution decides which channels are kept while a 3x3 convolution with a skip refines them all.

Deviations from the paper: none in the form of the challenge, which is the default here (50 channels, four blocks,
pixels from 0 to 255). The six-block networks of the paper's tables have no public weights; their printed sizes, 550 and
643 thousand, are not those of six such blocks.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers import PixelRange, conv
from srkit.layers.distillation import DistillationBlock
from srkit.layers.spatial import SpatialAttention, in_threes
from srkit.models._registry import Card, Layout, register_model

__all__ = ["CARD", "RFDN"]


def block(channels: int) -> DistillationBlock:
    """Figure 2(c), "RFDB", which ends with attention to places."""
    few = channels // 4
    attention = SpatialAttention(channels, few, middle=in_threes(few))
    return DistillationBlock(channels, make=conv, activation=nn.LeakyReLU(0.05), attention=attention)


class RFDN(nn.Module):
    """Figure 1: head, blocks whose results are all joined, a long skip, and one sub-pixel step.

    Args:
        scale: enlargement factor.
        channels: feature channels.
        n_blocks: blocks one after another.
        rgb_range: the value of white inside the network.
    """

    def __init__(self, *, scale: int, channels: int = 50, n_blocks: int = 4, rgb_range: float = 255.0) -> None:
        super().__init__()
        self.scale = scale
        self.range = PixelRange(rgb_range=rgb_range, mean=(0.0, 0.0, 0.0))
        self.head = conv(3, channels)
        self.blocks = nn.ModuleList(block(channels) for _ in range(n_blocks))
        self.fusion, self.body_end = conv(n_blocks * channels, channels, 1), conv(channels, channels)
        self.tail = conv(channels, 3 * scale * scale)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        shallow = features = self.head(self.range.inwards(lr))  # (b, c, h, w)
        results = [features := step(features) for step in self.blocks]
        fused = F.leaky_relu(self.fusion(torch.cat(results, dim=1)), 0.05)  # (b, c, h, w)
        large = F.pixel_shuffle(self.tail(self.body_end(fused) + shallow), self.scale)  # (b, 3, scale*h, scale*w)
        return self.range.outwards(large)


CARD = Card(
    title="RFDN",
    year=2020,
    citation="J. Liu, J. Tang, G. Wu, Residual Feature Distillation Network for Lightweight Image Super-Resolution, "
    "ECCV Workshops 2020, 41-55",
    url="https://arxiv.org/abs/2009.11551",
    framework="post-upsampling",
    idea="1x1 convolutions keep channels while 3x3 convolutions with a skip refine them all; attention to places.",
    lesson="16",
    scales=(4,),
    parameters={4: 433_448},
    parameters_source="njulj/RFDN, the network of the AIM 2020 challenge",
    tiny={"channels": 16, "n_blocks": 2},
    checkpoints="njulj/RFDN (MIT), .pth, by name: pretrained='official'",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    return {
        "scale": isqrt(weights["tail.weight"].shape[0] // 3),
        "channels": weights["head.weight"].shape[0],
        "n_blocks": sum(key.endswith(".join.weight") for key in weights),
    }


_PARTS = {
    **DistillationBlock.RENAMES,
    **{rf"esa\.{theirs}": f"attention.{ours}" for theirs, ours in SpatialAttention.RENAMES_OF_THREE.items()},
}

LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"fea_conv\.(.+)", r"head.\1"),
        *(
            (rf"B{n + 1}\.{theirs}\.(.+)", rf"blocks.{n}.{ours}.\1")
            for n in range(8)
            for theirs, ours in _PARTS.items()
        ),
        (r"c\.0\.(.+)", r"fusion.\1"),
        (r"LR_conv\.(.+)", r"body_end.\1"),
        (r"upsampler\.0\.(.+)", r"tail.\1"),
    ),
)

register_model("rfdn", CARD, layout=LAYOUT)(RFDN)
