"""FDAN, super-resolution and inverse tone mapping in one small network.

G. Xu et al., "Joint Super-Resolution and Inverse Tone-Mapping: A Feature Decomposition Aggregation Network and A New
Benchmark", 2022, https://arxiv.org/abs/2207.03367. The idea in one sentence: split the features again and again into a
part that passes and a part that is worked on, and let their difference carry the detail.

What comes out is not an ordinary picture: it is coded for high dynamic range, BT.2020 colours and the PQ curve (SMPTE
ST 2084), 10 bits as [0, 1]. An ordinary display shows it pale.

Deviations from the paper: none in the network, which is the authors' code. It maps the Y'CbCr planes of an SDR video to
those of an HDR video (:meth:`FDAN.enlarge_planes`); around it stand the conversions from BT.709 R'G'B' and to BT.2020
R'G'B', in narrow range, since the contract speaks of RGB. The authors do not say the range of their files; video has
the narrow one.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import conv
from srkit.layers.spatial import SpatialAttention, in_threes
from srkit.models._registry import Card, Layout, register_model
from srkit.ops.video import rgb_to_video, video_to_rgb

__all__ = ["CARD", "FDAN"]


class DecompositionBlock(nn.Module):
    """Section 3.2: three times, half of the features passes less what was found in the other half.

    Args:
        channels: in and out, a multiple of 8.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        widths = [channels // 2, channels // 4, channels // 8]
        self.inner = nn.ModuleList(conv(n, n, 1) for n in widths)
        self.deeper = nn.ModuleList(conv(n, n) for n in widths)
        self.attention = SpatialAttention(channels, channels // 4, middle=in_threes(channels // 4))

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        parts, rest = [], features
        for inner, deeper in zip(self.inner, self.deeper, strict=True):
            direct, deep = rest.chunk(2, dim=1)  # (b, n, h, w) each, n = half of the rest
            found = inner(deep).relu()
            parts.append(direct - found)
            rest = deeper(found).relu()  # (b, n, h, w)
        refined: Tensor = self.attention(torch.cat([*parts, rest], dim=1))  # (b, channels, h, w)
        return refined


class FDAN(nn.Module):
    """Head, six decomposition blocks, their fusion, one pixel shuffle; no path around them.

    Args:
        scale: enlargement factor, 2, 4, 8 or 16.
        channels: feature channels, a multiple of 8.
        n_blocks: decomposition blocks.

    Raises:
        BadInput: channels that cannot be halved three times.
    """

    def __init__(self, *, scale: int, channels: int = 48, n_blocks: int = 6) -> None:
        super().__init__()
        if channels % 8:
            raise BadInput(f"FDAN halves its channels three times, so they are a multiple of 8; given: {channels}.")
        self.scale = scale
        self.head = conv(3, channels)
        self.blocks = nn.ModuleList(DecompositionBlock(channels) for _ in range(n_blocks))
        self.fuse = conv(channels * n_blocks, channels, 1)
        self.body_end = conv(channels, channels)
        self.tail = conv(channels, 3 * scale**2)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge BT.709 ``(b, 3, h, w)`` to BT.2020 under PQ ``(b, 3, scale*h, scale*w)``."""
        planes = self.enlarge_planes(rgb_to_video(lr, standard="bt709", bits=8))  # (b, 3, s*h, s*w)
        return video_to_rgb(planes, standard="bt2020", bits=10)

    def enlarge_planes(self, planes: Tensor) -> Tensor:
        """Enlarge SDR Y'CbCr over 255 ``(b, 3, h, w)`` to HDR Y'CbCr over 1023 ``(b, 3, scale*h, scale*w)``."""
        shallow = features = self.head(planes).relu()  # (b, 48, h, w)
        outputs = []
        for block in self.blocks:
            features = block(features)
            outputs.append(features)
        fused = F.leaky_relu(self.fuse(torch.cat(outputs, dim=1)), 0.05)  # (b, 48, h, w)
        deep = self.body_end(fused) + shallow
        return F.pixel_shuffle(self.tail(deep), self.scale)  # (b, 3, s*h, s*w)


CARD = Card(
    title="FDAN",
    year=2022,
    citation="G. Xu et al., Joint Super-Resolution and Inverse Tone-Mapping: A Feature Decomposition Aggregation "
    "Network and A New Benchmark, arXiv 2207.03367, 2022",
    url="https://arxiv.org/abs/2207.03367",
    framework="post-upsampling",
    idea="Split features into a part that passes and a part that is worked on; SDR in, large HDR (BT.2020, PQ) out.",
    lesson="10",
    scales=(2, 4, 8, 16),
    parameters={2: 126_660, 4: 142_248, 8: 204_600, 16: 454_008},
    parameters_source="authors' code and released files, CS-GangXu/FDAN",
    tiny={"channels": 32, "n_blocks": 2},
    deviations=(
        "the output is R'G'B' in BT.2020 colours under the PQ curve, 10 bits as [0, 1]: not for an ordinary display",
        "BT.709 R'G'B' is turned into Y'CbCr on the way in, BT.2020 Y'CbCr into R'G'B' on the way out, narrow range",
    ),
    checkpoints="https://github.com/CS-GangXu/FDAN (no licence stated), .pth for four scales, loaded as they are by "
    "srkit.models.load",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    n_blocks = sum(key.endswith(".attention.narrow.weight") for key in weights)
    scale = isqrt(weights["tail.weight"].shape[0] // 3)
    return {"scale": scale, "channels": weights["head.weight"].shape[0], "n_blocks": n_blocks}


_FORMER = {**SpatialAttention.RENAMES_OF_THREE, "conv4": "middle.4", "expand": "widen"}
"""The attention's parts in files that an earlier srkit wrote."""

LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"fea_conv\.(.+)", r"head.\1"),
        *(
            (rf"B{i + 1}\.esa\.{theirs}\.(.+)", rf"blocks.{i}.attention.{ours}.\1")
            for i in range(6)
            for theirs, ours in SpatialAttention.RENAMES_OF_THREE.items()
        ),
        *(
            (rf"blocks\.(\d+)\.attention\.{old}\.(.+)", rf"blocks.\1.attention.{now}.\2")
            for old, now in _FORMER.items()
        ),
        *((rf"B{i + 1}\.c(\d)_e\.(.+)", rf"blocks.{i}.inner.\1.\2") for i in range(6)),
        *((rf"B{i + 1}\.c(\d)_f\.(.+)", rf"blocks.{i}.deeper.\1.\2") for i in range(6)),
        (r"c\.0\.(.+)", r"fuse.\1"),
        (r"LR_conv\.(.+)", r"body_end.\1"),
        (r"upsampler\.0\.(.+)", r"tail.\1"),
    ),
)

register_model("fdan", CARD, layout=LAYOUT)(FDAN)
