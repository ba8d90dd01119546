"""IDN, keep some of the features, refine the rest.

Z. Hui, X. Wang, X. Gao, "Fast and Accurate Single Image Super-Resolution via Information Distillation Network", CVPR
2018, 723-731, https://arxiv.org/abs/1803.09454. The idea in one sentence: each block sets a quarter of its features
aside, refines the other three quarters, joins both again and presses them into few channels.

Deviations from the paper: none. As in the authors' Caffe definition the *first* 16 maps are set aside and every
convolution is followed by LReLU. Its transposed convolution begins at HR row and column ``scale-1``; the ``scale-1``
rows and columns before, which the authors cut off before they measure, are computed here, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers import conv, on_luma
from srkit.models._published import published
from srkit.models._registry import Card, Layout, register_model
from srkit.ops.resize import imresize

__all__ = ["CARD", "IDN"]


def bent(features: Tensor) -> Tensor:
    """Return LReLU of ``(b, channels, h, w)``, the slope that the authors use below zero."""
    return F.leaky_relu(features, 0.05)


class DistillationBlock(nn.Module):
    """Section 3.2, figure 2: enhancement unit (equations 3 to 7) and compression unit.

    Args:
        channels: in and out; a quarter of them is kept, the rest refined.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.kept = kept = channels // 4
        rest = channels - kept
        self.enhance = nn.ModuleList(
            (conv(channels, rest), nn.Conv2d(rest, 2 * kept, 3, padding=1, groups=4), conv(2 * kept, channels))
        )
        self.refine = nn.ModuleList(
            (conv(rest, channels), nn.Conv2d(channels, rest, 3, padding=1, groups=4), conv(rest, channels + kept))
        )
        self.press = conv(channels + kept, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        enhanced = features
        for layer in self.enhance:
            enhanced = bent(layer(enhanced))  # (b, 64, h, w) after the third
        refined = enhanced[:, self.kept :]  # (b, 48, h, w)
        for layer in self.refine:
            refined = bent(layer(refined))  # (b, 80, h, w) after the third
        joined = torch.cat([features, enhanced[:, : self.kept]], dim=1)  # (b, 80, h, w)
        return bent(self.press(joined + refined))  # (b, 64, h, w)


class IDN(nn.Module):
    """Figure 1: two convolutions, blocks, one wide transposed convolution beside bicubic, on luma.

    Args:
        scale: enlargement factor, 2 to 4; the stride of the last layer.
        channels: feature channels, a multiple of 16.
        n_blocks: distillation blocks.
    """

    def __init__(self, *, scale: int, channels: int = 64, n_blocks: int = 4) -> None:
        super().__init__()
        self.scale = scale
        self.head = nn.ModuleList((conv(1, channels), conv(channels, channels)))
        self.body = nn.Sequential(*(DistillationBlock(channels) for _ in range(n_blocks)))
        self.enlarge = nn.ConvTranspose2d(channels, 1, 17, stride=scale, padding=9 - scale)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``; only luma passes through the network."""
        return on_luma(self.enlarge_luma, lr, scale=self.scale)  # (b, 3, s*h, s*w)

    def enlarge_luma(self, luma: Tensor) -> Tensor:
        """Enlarge Y ``(b, 1, h, w)`` to ``(b, 1, scale*h, scale*w)``."""
        bicubic = imresize(luma, self.scale)  # (b, 1, s*h, s*w)
        features = bent(self.head[1](bent(self.head[0](luma))))  # (b, 64, h, w)
        residual = self.enlarge(self.body(features))  # (b, 1, s*h + s - 1, s*w + s - 1)
        sr: Tensor = bicubic + residual[..., : bicubic.shape[-2], : bicubic.shape[-1]]
        return sr


CARD = Card(
    title="IDN",
    year=2018,
    citation="Z. Hui, X. Wang, X. Gao, Fast and Accurate Single Image Super-Resolution via Information Distillation "
    "Network, CVPR 2018, 723-731",
    url="https://arxiv.org/abs/1803.09454",
    framework="post-upsampling",
    idea="Each block sets a quarter of its features aside, refines the rest, and joins both again.",
    lesson="05",
    scales=(2, 3, 4),
    parameters={2: 552_769, 3: 552_769, 4: 552_769},
    parameters_source="the authors' Caffe definition, as their weight files hold (the paper prints 553K)",
    tiny={"channels": 16, "n_blocks": 2},
    published=published("idn"),
    checkpoints="the authors' .caffemodel files in Zheng222/IDN-Caffe (no licence stated: ask the authors)",
    luma_only=True,
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    return {
        "channels": weights["head.0.weight"].shape[0],
        "n_blocks": sum(key.endswith(".press.weight") for key in weights),
    }


_PLACES = {"1": "enhance.0", "2": "enhance.1", "3": "enhance.2", "4": "refine.0", "5": "refine.1", "6": "refine.2"}

LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"conv1\.(.+)", r"head.0.\1"),
        (r"conv2\.(.+)", r"head.1.\1"),
        *(
            (rf"conv{block + 3}_{theirs}\.(.+)", rf"body.{block}.{ours}.\1")
            for block in range(4)
            for theirs, ours in _PLACES.items()
        ),
        *((rf"down{block + 1}\.(.+)", rf"body.{block}.press.\1") for block in range(4)),
        (r"upsample\.(.+)", r"enlarge.\1"),
    ),
)

register_model("idn", CARD, layout=LAYOUT)(IDN)
