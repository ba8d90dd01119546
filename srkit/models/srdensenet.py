"""SRDenseNet, dense blocks whose outputs all reach the end.

T. Tong, G. Li, X. Liu, Q. Gao, "Image Super-Resolution Using Dense Skip Connections", ICCV 2017, 4799-4807 (IEEE:
4809-4817),
https://openaccess.thecvf.com/content_iccv_2017/html/Tong_Image_Super-Resolution_Using_ICCV_2017_paper.html. The idea
in one sentence: inside a block every layer reads all layers before it, between the blocks the bottleneck reads all
blocks, and transposed convolutions enlarge what it kept.

Deviations from the paper: none known. Where its text leaves the first layer of a block open, the reading of
yjn870/SRDenseNet-pytorch is taken: that layer reads everything made so far, the others read only the maps of their own
block, which gives the 128 outputs per block that the paper states. A public table prints 5 452K parameters, which no
reading of the text gives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from srkit.layers import conv, deconv, on_luma
from srkit.models._published import published
from srkit.models._registry import Card, Layout, register_model

__all__ = ["CARD", "SRDenseNet"]


class DenseBlock(nn.Module):
    """A block whose layers read the maps of all layers before them in the block.

    Args:
        channels: what its first layer reads.
        growth: maps that each layer makes.
        n_layers: number of layers.
    """

    def __init__(self, channels: int, *, growth: int, n_layers: int) -> None:
        super().__init__()
        reads = [channels, *(n * growth for n in range(1, n_layers))]
        self.convs = nn.ModuleList(conv(read, growth) for read in reads)

    def forward(self, seen: Tensor) -> Tensor:
        """Make ``(b, n_layers*growth, h, w)`` from everything before, ``(b, channels, h, w)``."""
        maps: Tensor = self.convs[0](seen).relu_()  # (b, growth, h, w)
        for layer in self.convs[1:]:
            maps = torch.cat([maps, layer(maps).relu_()], dim=1)  # (b, n*growth, h, w)
        return maps


class SRDenseNet(nn.Module):
    """SRDenseNet-All: every block reads, and the bottleneck reads, all that was made before; on luma.

    Args:
        scale: 4, in two doublings.
        growth: maps that each layer makes; the first layer makes ``n_layers * growth``.
        n_blocks: dense blocks.
        n_layers: convolutions in each.
        bottleneck: channels after the 1x1 convolution that ends the blocks.
    """

    def __init__(
        self, *, scale: int, growth: int = 16, n_blocks: int = 8, n_layers: int = 8, bottleneck: int = 256
    ) -> None:
        super().__init__()
        self.scale = scale
        wide = growth * n_layers
        self.head = nn.Sequential(conv(1, wide), nn.ReLU())
        self.blocks = nn.ModuleList(
            DenseBlock((n + 1) * wide, growth=growth, n_layers=n_layers) for n in range(n_blocks)
        )
        self.bottleneck = nn.Sequential(conv((n_blocks + 1) * wide, bottleneck, 1), nn.ReLU())
        steps = range(scale.bit_length() - 1)
        self.enlarge = nn.Sequential(
            *(layer for _ in steps for layer in (deconv(bottleneck, bottleneck, 3, 2), nn.ReLU()))
        )
        self.tail = conv(bottleneck, 1)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                nn.init.kaiming_normal_(layer.weight)
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]  # all of them have one

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``; only luma passes through the network."""
        return on_luma(self.enlarge_luma, lr, scale=self.scale)  # (b, 3, s*h, s*w)

    def enlarge_luma(self, luma: Tensor) -> Tensor:
        """Enlarge Y ``(b, 1, h, w)`` to ``(b, 1, scale*h, scale*w)``."""
        seen = self.head(luma)  # (b, 128, h, w)
        for block in self.blocks:
            seen = torch.cat([seen, block(seen)], dim=1)  # (b, (n+1)*128, h, w)
        large: Tensor = self.tail(self.enlarge(self.bottleneck(seen)))  # (b, 1, s*h, s*w)
        return large


CARD = Card(
    title="SRDenseNet",
    year=2017,
    citation="T. Tong, G. Li, X. Liu, Q. Gao, Image Super-Resolution Using Dense Skip Connections, ICCV 2017, "
    "4799-4807",
    url="https://openaccess.thecvf.com/content_iccv_2017/html/Tong_Image_Super-Resolution_Using_ICCV_2017_paper.html",
    framework="post-upsampling",
    idea="Dense connections inside and between eight blocks, a bottleneck, and transposed convolutions at the end.",
    lesson="06",
    scales=(4,),
    parameters={4: 2_659_585},
    parameters_source="layer list in yjn870/SRDenseNet-pytorch (2 657 664 weights); the paper prints none",
    tiny={"growth": 8, "n_blocks": 2, "n_layers": 2, "bottleneck": 16},
    published=published("srdensenet"),
    checkpoints="none of the authors'; state dicts of yjn870/SRDenseNet-pytorch load as they are",
    luma_only=True,
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    convs = [key for key in weights if ".convs." in key and key.endswith("weight")]
    n_blocks = len({key.split(".")[1] for key in convs})
    return {
        "growth": weights["blocks.0.convs.0.weight"].shape[0],
        "n_blocks": n_blocks,
        "n_layers": len(convs) // n_blocks,
        "bottleneck": weights["bottleneck.0.weight"].shape[0],
    }


LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"conv\.conv\.(.+)", r"head.0.\1"),
        (r"dense_blocks\.(\d+)\.block\.(\d+)\.conv\.(.+)", r"blocks.\1.convs.\2.\3"),
        (r"deconv\.(.+)", r"enlarge.\1"),
        (r"reconstruction\.(.+)", r"tail.\1"),
    ),
)

register_model("srdensenet", CARD, layout=LAYOUT)(SRDenseNet)
