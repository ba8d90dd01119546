"""PAN, attention with one number for each pixel of each channel.

H. Zhao, X. Kong, J. He, Y. Qiao, C. Dong, "Efficient Image Super-Resolution Using Pixel Attention", ECCV Workshops
2020, 56-72, https://arxiv.org/abs/2010.01073. The idea in one sentence: a 1x1 convolution and a sigmoid weigh every
pixel of every channel, inside the blocks and again while the image is enlarged.

Deviations from the paper: none known. x3 enlarges in one step, x4 in two, as in the released code.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers import conv
from srkit.models._registry import Card, Layout, register_model

__all__ = ["CARD", "PAN"]


class Block(nn.Module):
    """Figure 2(b), "SCPA": two halves, one of them with pixel attention, and a skip."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.plain_in, self.weighed_in = conv(channels, half, 1, bias=False), conv(channels, half, 1, bias=False)
        self.plain, self.weight = conv(half, half, bias=False), conv(half, half, 1)
        self.weighed, self.weighed_out = conv(half, half, bias=False), conv(half, half, bias=False)
        self.join = conv(2 * half, channels, 1, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, c, h, w)``; the shape stays."""
        plain = self.plain(F.leaky_relu(self.plain_in(features), 0.2))
        half = F.leaky_relu(self.weighed_in(features), 0.2)  # (b, c/2, h, w)
        half = self.weighed_out(self.weighed(half) * torch.sigmoid(self.weight(half)))
        joined = F.leaky_relu(torch.cat([plain, half], dim=1), 0.2)  # (b, c, h, w)
        return features + self.join(joined)  # type: ignore[no-any-return]


class Enlarge(nn.Module):
    """Figure 2(a), "U-PA": nearest neighbours, a convolution with pixel attention, and one more convolution."""

    def __init__(self, n: int, m: int, *, scale: int) -> None:
        super().__init__()
        self.scale = scale
        self.first, self.weight, self.last = conv(n, m), conv(m, m, 1), conv(m, m)

    def forward(self, features: Tensor) -> Tensor:
        """Enlarge ``(b, n, h, w)`` to ``(b, m, scale*h, scale*w)``."""
        large = F.interpolate(features, scale_factor=float(self.scale), mode="nearest")  # (b, n, scale*h, scale*w)
        large = self.first(large)  # (b, m, scale*h, scale*w)
        large = F.leaky_relu(large * torch.sigmoid(self.weight(large)), 0.2)
        return F.leaky_relu(self.last(large), 0.2)


class PAN(nn.Module):
    """Figure 2(a): head, blocks with a long skip, one or two enlarging steps, and the bilinear image added.

    Args:
        scale: enlargement factor.
        channels: feature channels; even.
        n_blocks: blocks one after another.
        tail_channels: channels while the image is enlarged.
    """

    def __init__(self, *, scale: int, channels: int = 40, n_blocks: int = 16, tail_channels: int = 24) -> None:
        super().__init__()
        self.scale = scale
        self.head, self.body_end = conv(3, channels), conv(channels, channels)
        self.blocks = nn.Sequential(*(Block(channels) for _ in range(n_blocks)))
        steps = (2, 2) if scale == 4 else (scale,)
        widths = (channels, tail_channels)
        self.grow = nn.Sequential(*(Enlarge(widths[i], tail_channels, scale=step) for i, step in enumerate(steps)))
        self.tail = conv(tail_channels, 3)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        shallow = self.head(lr)  # (b, c, h, w)
        drawn = self.tail(self.grow(shallow + self.body_end(self.blocks(shallow))))  # (b, 3, scale*h, scale*w)
        smooth = F.interpolate(lr, scale_factor=float(self.scale), mode="bilinear")  # (b, 3, scale*h, scale*w)
        return drawn + smooth  # type: ignore[no-any-return]


CARD = Card(
    title="PAN",
    year=2020,
    citation="H. Zhao, X. Kong, J. He, Y. Qiao, C. Dong, Efficient Image Super-Resolution Using Pixel Attention, ECCV "
    "Workshops 2020, 56-72",
    url="https://arxiv.org/abs/2010.01073",
    framework="post-upsampling",
    idea="A 1x1 convolution and a sigmoid weigh each pixel of each channel; the bilinear image is added at the end.",
    lesson="12",
    scales=(2, 3, 4),
    parameters={2: 261_403, 3: 261_403, 4: 272_419},
    parameters_source="zhaohengyuan1/PAN",
    tiny={"channels": 8, "n_blocks": 2, "tail_channels": 8},
    checkpoints="zhaohengyuan1/PAN, .pth, by name: pretrained='official' (no licence is stated); files of x2 and x3 "
    "have the same shapes: load(path, scale=...)",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    sizes: dict[str, Any] = {
        "channels": weights["head.weight"].shape[0],
        "n_blocks": sum(key.endswith(".join.weight") for key in weights),
        "tail_channels": weights["tail.weight"].shape[1],
    }
    return sizes | ({"scale": 4} if "grow.1.first.weight" in weights else {})


_PARTS = {
    "conv1_a": "plain_in",
    "conv1_b": "weighed_in",
    r"k1\.0": "plain",
    r"PAConv\.k2": "weight",
    r"PAConv\.k3": "weighed",
    r"PAConv\.k4": "weighed_out",
    "conv3": "join",
}

LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"conv_first\.(.+)", r"head.\1"),
        *((rf"SCPA_trunk\.(\d+)\.{theirs}\.(.+)", rf"blocks.\1.{ours}.\2") for theirs, ours in _PARTS.items()),
        (r"trunk_conv\.(.+)", r"body_end.\1"),
        *((rf"upconv{i + 1}\.(.+)", rf"grow.{i}.first.\1") for i in range(2)),
        *((rf"att{i + 1}\.conv\.(.+)", rf"grow.{i}.weight.\1") for i in range(2)),
        *((rf"HRconv{i + 1}\.(.+)", rf"grow.{i}.last.\1") for i in range(2)),
        (r"conv_last\.(.+)", r"tail.\1"),
    ),
)

register_model("pan", CARD, layout=LAYOUT)(PAN)
