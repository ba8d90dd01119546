"""IMDN, a quarter of the channels is kept after each convolution.

Z. Hui, X. Gao, Y. Yang, X. Wang, "Lightweight Image Super-Resolution with Information Multi-distillation Network", ACM
Multimedia 2019, 2024-2032, https://arxiv.org/abs/1909.11856. The idea in one sentence: each step keeps a quarter of the
channels as they are and refines the rest, so that the next step is cheaper.

Deviations from the paper: none known.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers import conv
from srkit.layers.distillation import ContrastAttention
from srkit.models._published import published
from srkit.models._registry import Card, Layout, register_model

__all__ = ["CARD", "IMDN"]


class Block(nn.Module):
    """Figure 3, "IMDB": four convolutions, of which each keeps a quarter, and attention to contrast."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        quarter, rest = channels // 4, channels - channels // 4
        self.sizes = [quarter, rest]
        widths = ((channels, channels), (rest, channels), (rest, channels), (rest, quarter))
        self.convs = nn.ModuleList(conv(n, m) for n, m in widths)
        self.attention = ContrastAttention(channels)
        self.join = conv(4 * quarter, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, c, h, w)``; the shape stays."""
        kept, rest = [], features
        for step in self.convs[:-1]:
            quarter, rest = torch.split(
                F.leaky_relu(step(rest), 0.05), self.sizes, dim=1
            )  # (b, c/4, h, w), (b, 3c/4, h, w)
            kept.append(quarter)
        joined = torch.cat([*kept, self.convs[-1](rest)], dim=1)  # (b, c, h, w)
        refined: Tensor = features + self.join(self.attention(joined))
        return refined


class IMDN(nn.Module):
    """Figure 2: head, blocks whose results are all joined, a long skip, and one sub-pixel step.

    Args:
        scale: enlargement factor.
        channels: feature channels; a multiple of 16.
        n_blocks: blocks one after another.
    """

    def __init__(self, *, scale: int, channels: int = 64, n_blocks: int = 6) -> None:
        super().__init__()
        self.scale = scale
        self.head = conv(3, channels)
        self.blocks = nn.ModuleList(Block(channels) for _ in range(n_blocks))
        self.fusion, self.body_end = conv(n_blocks * channels, channels, 1), conv(channels, channels)
        self.tail = conv(channels, 3 * scale * scale)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        shallow = features = self.head(lr)  # (b, c, h, w)
        results = [features := step(features) for step in self.blocks]
        fused = F.leaky_relu(self.fusion(torch.cat(results, dim=1)), 0.05)  # (b, c, h, w)
        return F.pixel_shuffle(self.tail(self.body_end(fused) + shallow), self.scale)  # (b, 3, scale*h, scale*w)


CARD = Card(
    title="IMDN",
    year=2019,
    citation="Z. Hui, X. Gao, Y. Yang, X. Wang, Lightweight Image Super-Resolution with Information Multi-distillation "
    "Network, ACM Multimedia 2019, 2024-2032",
    url="https://arxiv.org/abs/1909.11856",
    framework="post-upsampling",
    idea="Each convolution keeps a quarter of its channels and passes the rest on; channels are weighed by contrast.",
    lesson="16",
    scales=(2, 3, 4),
    parameters={2: 694_404, 3: 703_059, 4: 715_176},
    parameters_source="Zheng222/IMDN",
    tiny={"channels": 16, "n_blocks": 2},
    published=published("imdn"),
    quiet_parameters={
        "blocks.*.attention.squeeze.*": "the ReLU after few channels can be off",
        "blocks.*.attention.excite.weight": "reads that ReLU",
    },
    checkpoints="Zheng222/IMDN, .pth, by name: pretrained='official' (no licence is stated)",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    return {
        "scale": isqrt(weights["tail.weight"].shape[0] // 3),
        "channels": weights["head.weight"].shape[0],
        "n_blocks": sum(key.endswith(".join.weight") for key in weights),
    }


LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"fea_conv\.(.+)", r"head.\1"),
        *(
            (rf"IMDB{n + 1}\.{theirs}\.(.+)", rf"blocks.{n}.{ours}.\1")
            for n in range(6)
            for theirs, ours in (
                *((f"c{i + 1}", f"convs.{i}") for i in range(4)),
                ("c5", "join"),
                (r"cca\.conv_du\.0", "attention.squeeze"),
                (r"cca\.conv_du\.2", "attention.excite"),
            )
        ),
        (r"c\.0\.(.+)", r"fusion.\1"),
        (r"LR_conv\.(.+)", r"body_end.\1"),
        (r"upsampler\.0\.(.+)", r"tail.\1"),
    ),
)

register_model("imdn", CARD, layout=LAYOUT)(IMDN)
