"""OmniSR, attention over space and over channels, inside windows and across a grid.

H. Wang, X. Chen, B. Ni, Y. Liu, J. Liu, "Omni Aggregation Networks for Lightweight Image Super-Resolution", CVPR 2023,
22378-22387, https://arxiv.org/abs/2304.10244. The idea in one sentence: pixels attend to pixels and channels to
channels, first among the neighbours of a window, then among pixels that lie far apart on a grid.

Deviations from the paper: none known. An image is filled up with zeros to whole windows before the first convolution,
as in the released code.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers import conv
from srkit.layers.grid import ChannelAttention, GatedPerceptron, depthwise, gather, scatter
from srkit.layers.spatial import SpatialAttention
from srkit.layers.windows import WindowAttention, assemble, partition
from srkit.models._published import published
from srkit.models._registry import Card, Layout, register_model
from srkit.ops.pixels import pad_to_multiple

__all__ = ["CARD", "OmniSR"]


class LocalBlock(nn.Module):
    """Section 3.3, "MBConv": a depthwise convolution between two 1x1, channels weighed by their means, and the skip."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.widen, self.middle = conv(channels, channels, 1), depthwise(channels, bias=True)
        self.squeeze = nn.Linear(channels, channels // 4, bias=False)
        self.excite = nn.Linear(channels // 4, channels, bias=False)
        self.narrow = conv(channels, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, c, h, w)``; the shape stays."""
        local = F.gelu(self.middle(F.gelu(self.widen(features))))  # (b, c, h, w)
        gate = torch.sigmoid(self.excite(F.silu(self.squeeze(local.mean((2, 3))))))  # (b, c)
        refined: Tensor = self.narrow(local * gate[:, :, None, None])  # (b, c, h, w)
        return features + refined


class PixelAttention(nn.Module):
    """Section 3.2, spatial: the pixels of a window, or of a grid, attend to each other."""

    def __init__(self, channels: int, *, n_heads: int, window: int, grid: bool) -> None:
        super().__init__()
        self.window, self.grid = window, grid
        self.norm = nn.LayerNorm(channels)
        self.attention = WindowAttention(channels, n_heads=n_heads, window=window, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, c, h, w)``; the shape stays."""
        image = self.norm(features.movedim(1, -1))  # (b, h, w, c)
        _, h, w, _ = image.shape
        windows = partition(gather(image, self.window) if self.grid else image, self.window)  # (b, n, area, c)
        seen = assemble(self.attention(windows, None), h, w)  # (b, h, w, c)
        return features + (scatter(seen, self.window) if self.grid else seen).movedim(-1, 1)


class Block(nn.Module):
    """Figure 3: a local block, then pixels and channels in windows, then both on the grid, a perceptron after each."""

    def __init__(self, channels: int, *, n_heads: int, window: int) -> None:
        super().__init__()
        self.local = LocalBlock(channels)
        steps: list[nn.Module] = []
        for grid in (False, True):
            for attention in (PixelAttention, ChannelAttention):
                steps += [attention(channels, n_heads=n_heads, window=window, grid=grid), GatedPerceptron(channels)]
        self.steps = nn.Sequential(*steps)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, c, h, w)``; the shape stays."""
        refined: Tensor = self.steps(self.local(features))
        return refined


class Group(nn.Module):
    """Figure 2, "OSAG": blocks, a 1x1 convolution, the skip, and attention to places."""

    def __init__(self, channels: int, *, n_blocks: int, **block: int) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*(Block(channels, **block) for _ in range(n_blocks)))
        self.end = conv(channels, channels, 1)
        self.places = SpatialAttention(channels, max(channels // 4, 16))

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, c, h, w)``; the shape stays."""
        refined: Tensor = self.places(self.end(self.blocks(features)) + features)
        return refined


class OmniSR(nn.Module):
    """Figure 2: head, groups with a long skip, and one sub-pixel step.

    Args:
        scale: enlargement factor.
        channels: feature channels.
        n_groups: groups.
        n_blocks: blocks in a group.
        n_heads: attention maps side by side.
        window: side of a window, and of a grid.
    """

    def __init__(
        self, *, scale: int, channels: int = 64, n_groups: int = 5, n_blocks: int = 1, n_heads: int = 4, window: int = 8
    ) -> None:
        super().__init__()
        self.scale, self.window = scale, window
        self.head = conv(3, channels)
        block = {"n_blocks": n_blocks, "n_heads": n_heads, "window": window}
        self.body = nn.Sequential(*(Group(channels, **block) for _ in range(n_groups)))
        self.body_end = conv(channels, channels)
        self.tail = conv(channels, 3 * scale * scale)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        h, w = lr.shape[-2:]
        shallow = self.head(pad_to_multiple(lr, self.window, border="zero"))  # (b, c, H, W)
        deep = self.body_end(self.body(shallow)) + shallow
        sr = F.pixel_shuffle(self.tail(deep), self.scale)  # (b, 3, s*H, s*W)
        return sr[..., : self.scale * h, : self.scale * w]  # (b, 3, s*h, s*w)


CARD = Card(
    title="OmniSR",
    year=2023,
    citation="H. Wang, X. Chen, B. Ni, Y. Liu, J. Liu, Omni Aggregation Networks for Lightweight Image "
    "Super-Resolution, CVPR 2023, 22378-22387",
    url="https://arxiv.org/abs/2304.10244",
    framework="post-upsampling",
    idea="Pixels attend to pixels and channels to channels, in windows and across a grid.",
    lesson="12",
    scales=(2, 3, 4, 1),
    parameters={2: 784_604, 3: 793_259, 4: 805_376, 1: 779_411},
    parameters_source="layer list of Francis0625/Omni-SR; the paper's 772 K, 780 K and 792 K leave out "
    "position tables, normalisations and temperatures",
    tiny={"channels": 16, "n_groups": 1, "window": 4},
    published=published("omnisr"),
    deviations=("x1 (to clean an image) is not in the paper; the community trains it",),
    checkpoints="Francis0625/Omni-SR (Apache-2.0) on a drive; about 20 models of the community, .pth and .safetensors",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    table = weights["body.0.blocks.0.steps.0.attention.table"]
    n_groups, n_blocks = (len({tuple(key.split(".")[:n]) for key in weights if ".blocks." in key}) for n in (2, 4))
    return {
        "scale": isqrt(weights["tail.weight"].shape[0] // 3),
        "channels": weights["head.weight"].shape[0],
        "n_groups": n_groups,
        "n_blocks": n_blocks // n_groups,
        "n_heads": table.shape[1],
        "window": (isqrt(table.shape[0]) + 1) // 2,
    }


_LOCAL = {"0": "widen", "2": "middle", r"4\.gate\.1": "squeeze", r"4\.gate\.3": "excite", "5": "narrow"}
_STEPS = {2: 0, 4: 1, 5: 2, 6: 3, 8: 4, 10: 5, 11: 6, 12: 7}
_PARTS = {
    r"norm\.": "norm.",
    r"fn\.to_qkv\.": "attention.qkv.",
    r"fn\.to_out\.0\.": "attention.proj.",
    r"fn\.rel_pos_bias\.weight": "attention.table",
    r"fn\.temperature": "temperature",
    r"fn\.qkv\.": "qkv.",
    r"fn\.qkv_dwconv\.": "middle.",
    r"fn\.project_in\.": "widen.",
    r"fn\.dwconv\.": "middle.",
}
_GROUP = r"residual_layer\.(\d+)\."
_BLOCK = _GROUP + r"residual_layer\.(\d+)\."

LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        *((_BLOCK + rf"layer\.0\.fn\.{n}\.(.+)", rf"body.\1.blocks.\2.local.{ours}.\3") for n, ours in _LOCAL.items()),
        *(
            (_BLOCK + rf"layer\.{n}\.fn\.project_out\.(.+)", rf"body.\1.blocks.\2.steps.{i}.{ours}.\3")
            for n, i in _STEPS.items()
            for ours in (("proj",) if n in (5, 11) else ("narrow",))
        ),
        *(
            (_BLOCK + rf"layer\.{n}\.{theirs}(.*)", rf"body.\1.blocks.\2.steps.{i}.{ours}\3")
            for n, i in _STEPS.items()
            for theirs, ours in _PARTS.items()
        ),
        (_GROUP + r"residual_layer\.\d+\.(weight|bias)", r"body.\1.end.\2"),
        *(
            (_GROUP + rf"esa\.{theirs}\.(.+)", rf"body.\1.places.{ours}.\2")
            for theirs, ours in SpatialAttention.RENAMES.items()
        ),
        (r"input\.(.+)", r"head.\1"),
        (r"output\.(.+)", r"body_end.\1"),
        (r"up\.0\.(.+)", r"tail.\1"),
    ),
    ignored=(r".+\.rel_pos_indices",),
)

register_model("omnisr", CARD, layout=LAYOUT)(OmniSR)
