"""SPAN-V2, a gate that is learned, and an image that skips the head.

Team 22 of the NTIRE 2026 challenge on efficient super-resolution, whose report is https://arxiv.org/abs/2604.03198;
winner of its overall ranking. The idea in one sentence: SPAN's blocks with ReLUs and a gate made by one 1x1 convolution
instead of a fixed function, without any head, fusion or mean shift, and a copy of the image beside the last layer.

Deviations: none from the released network (Amazingren/NTIRE2026_ESR), which exists at x4 only.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers import conv
from srkit.models._registry import Card, Layout, register_model

__all__ = ["CARD", "SPANV2"]


class Block(nn.Module):
    """Three convolutions; the third, through a 1x1 convolution, multiplies the sum of itself and the input.

    Args:
        n: channels in.
        m: channels out; where they differ, there is no gate and the third convolution ends in a ReLU.
    """

    def __init__(self, n: int, m: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(conv(n if i == 0 else m, m, bias=False) for i in range(3))
        self.gate = conv(m, m, 1) if n == m else None

    def forward(self, features: Tensor) -> Tensor:
        """Map ``(b, n, h, w)`` to ``(b, m, h, w)``."""
        first, second, third = self.convs
        refined: Tensor = third(second(first(features).relu()).relu())
        return refined.relu() if self.gate is None else (features + refined) * self.gate(refined)


class SPANV2(nn.Module):
    """Blocks on the image itself, its enlarged copy beside them, and one sub-pixel step.

    Args:
        scale: enlargement factor.
        channels: feature channels.
        n_blocks: blocks, the first of which has no gate.
    """

    def __init__(self, *, scale: int, channels: int = 32, n_blocks: int = 5) -> None:
        super().__init__()
        self.scale = scale
        large = 3 * scale * scale
        self.near = nn.Conv2d(3, large, 3, padding=1, groups=3, bias=False)
        nn.init.dirac_(self.near.weight, groups=large)  # begins as the nearest neighbour's copy
        self.blocks = nn.Sequential(*(Block(channels if i else 3, channels) for i in range(n_blocks)))
        self.spread = nn.Conv2d(large + channels, large + channels, 3, padding=1, groups=large + channels, bias=False)
        self.tail = conv(large + channels, large, 1, bias=False)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        maps = torch.cat([self.near(lr), self.blocks(lr)], dim=1)  # (b, 3*scale^2 + c, h, w)
        return F.pixel_shuffle(self.tail(self.spread(maps)), self.scale)  # (b, 3, scale*h, scale*w)


CARD = Card(
    title="SPAN-V2",
    year=2026,
    citation="The Eleventh NTIRE 2026 Efficient Super-Resolution Challenge Report, CVPR Workshops 2026, team 22",
    url="https://arxiv.org/abs/2604.03198",
    framework="post-upsampling",
    idea="SPAN without head, fusion and mean shift; the gate is learned, and a copy of the image goes beside it all.",
    lesson="16",
    scales=(4,),
    parameters={4: 139_104},
    parameters_source="Amazingren/NTIRE2026_ESR, team 22",
    tiny={"channels": 8, "n_blocks": 2},
    checkpoints="Amazingren/NTIRE2026_ESR (MIT), .pth, by name: pretrained='official'",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    return {
        "scale": isqrt(weights["near.weight"].shape[0] // 3),
        "channels": weights["blocks.0.convs.0.weight"].shape[0],
        "n_blocks": sum(key.endswith("convs.0.weight") for key in weights),
    }


LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        *((rf"block_{n + 1}\.c{i + 1}\.conv\.(.+)", rf"blocks.{n}.convs.{i}.\1") for n in range(8) for i in range(3)),
        *((rf"block_{n + 1}\.guidance_map_conv\.(.+)", rf"blocks.{n}.gate.\1") for n in range(8)),
        (r"conv_near\.(.+)", r"near.\1"),
        (r"depthwise_conv\.(.+)", r"spread.\1"),
        (r"pointwise_conv\.(.+)", r"tail.\1"),
    ),
)

register_model("span_v2", CARD, layout=LAYOUT)(SPANV2)
