"""CARN and CARN-M, cascades of residual blocks.

N. Ahn, B. Kang, K.-A. Sohn, "Fast, Accurate, and Lightweight Super-Resolution with Cascading Residual Network", ECCV
2018, 256-272, https://arxiv.org/abs/1803.08664. The idea in one sentence: after each block, a 1x1 convolution reads
everything that was computed before, inside a block of blocks as well as between them; the mobile version groups the
convolutions and uses one block three times.

Deviations from the paper: one scale is built at a time, while the paper's count is that of all three upsamplers
together; the frozen mean shift is a buffer. As in the released code, a ReLU stands in the upsampler between convolution
and shuffle, and CARN-M's upsampler is grouped, too. Only CARN-M is recursive; CARN's blocks have weights of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isqrt
from typing import Any

import torch
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import PixelRange, conv
from srkit.models._registry import Card, Layout, Score, register_model, score_table

__all__ = ["CARD", "CARN", "MOBILE"]


def cascade(features: Tensor, blocks: nn.ModuleList, fusions: nn.ModuleList) -> Tensor:
    """Run blocks on ``(b, channels, h, w)``; after each, fuse all outputs so far to ``(b, channels, h, w)``.

    Equations 4 and 5. With fewer blocks than fusions the blocks are used again, in turn.
    """
    seen = fused = features
    for i, fusion in enumerate(fusions):
        seen = torch.cat([seen, blocks[i % len(blocks)](fused)], dim=1)  # (b, (i+2)*channels, h, w)
        fused = fusion(seen).relu()  # (b, channels, h, w)
    return fused


class ResidualBlock(nn.Module):
    """Figure 4(a): two convolutions, the skip, and a ReLU after the sum."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = conv(channels, channels)
        self.conv2 = conv(channels, channels)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        residual: Tensor = self.conv2(self.conv1(features).relu_())
        return (features + residual).relu_()


class EfficientBlock(nn.Module):
    """Figure 4(b): two grouped convolutions, a 1x1 convolution that mixes the groups, the skip, a ReLU."""

    def __init__(self, channels: int, *, groups: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, groups=groups)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, groups=groups)
        self.mix = conv(channels, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        residual: Tensor = self.mix(self.conv2(self.conv1(features).relu_()).relu_())
        return (features + residual).relu_()


class CascadingBlock(nn.Module):
    """Figure 3(b): three residual blocks, or one that is used three times, in a cascade."""

    def __init__(self, channels: int, *, mobile: bool, groups: int) -> None:
        super().__init__()
        blocks = [EfficientBlock(channels, groups=groups)] if mobile else [ResidualBlock(channels) for _ in range(3)]
        self.blocks = nn.ModuleList(blocks)
        self.fusions = nn.ModuleList(conv((i + 2) * channels, channels, 1) for i in range(3))

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        return cascade(features, self.blocks, self.fusions)


class CARN(nn.Module):
    """Figure 2: head, a cascade of cascading blocks, upsampler, tail; no image goes past them.

    Args:
        scale: enlargement factor.
        channels: feature channels.
        mobile: CARN-M's recursive blocks.
        groups: groups of the 3x3 convolutions in a mobile block, and of the upsampler.

    Raises:
        BadInput: groups without ``mobile``, or groups that do not divide the channels.
    """

    def __init__(self, *, scale: int, channels: int = 64, mobile: bool = False, groups: int = 1) -> None:
        super().__init__()
        if channels % groups or (groups > 1 and not mobile):
            raise BadInput(
                f"Groups need mobile=True and must divide the channels; given: groups={groups}, mobile={mobile}, "
                f"channels={channels}. CARN-M has mobile=True, groups=4."
            )
        self.scale = scale
        self.range = PixelRange(rgb_range=1.0)
        self.head = conv(3, channels)
        self.cascades = nn.ModuleList(CascadingBlock(channels, mobile=mobile, groups=groups) for _ in range(3))
        self.fusions = nn.ModuleList(conv((i + 2) * channels, channels, 1) for i in range(3))
        layers: list[nn.Module] = []
        for r in {2: [2], 3: [3], 4: [2, 2]}[scale]:
            layers += [nn.Conv2d(channels, channels * r * r, 3, padding=1, groups=groups), nn.ReLU(True)]
            layers += [nn.PixelShuffle(r)]
        self.upsampler = nn.Sequential(*layers)
        self.tail = conv(channels, 3)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        shallow = self.head(self.range.inwards(lr))  # (b, 64, h, w)
        deep = cascade(shallow, self.cascades, self.fusions)
        large = self.upsampler(deep)  # (b, 64, s*h, s*w)
        return self.range.outwards(self.tail(large))  # (b, 3, s*h, s*w)


CORRECTED = "the table of Francis0625/Omni-SR, after the authors corrected their Urban100 images (first print: 31.51)"
MEASURED = (
    "the authors' weights (carn_m.pth) on MATLAB's 8-bit LR images, x86-64 CPU, float32; "
    "python -m pytest -m slow tests/models/test_carn.py"
)

CARD = Card(
    title="CARN",
    year=2018,
    citation="N. Ahn, B. Kang, K.-A. Sohn, Fast, Accurate, and Lightweight Super-Resolution with Cascading Residual "
    "Network, ECCV 2018, 256-272",
    url="https://arxiv.org/abs/1803.08664",
    framework="post-upsampling",
    idea="After each block a 1x1 convolution reads everything before it, inside the blocks and between them.",
    lesson="06",
    scales=(2, 3, 4),
    parameters={2: 964_163, 3: 1_148_803, 4: 1_111_875},
    parameters_source="nmhkahn/CARN-pytorch built for one scale, without its 24 frozen mean-shift numbers; its three "
    "scales together have 1 591 939, the 1592K of the paper",
    tiny={"channels": 16},
    published=(
        *score_table(
            "CARN rows of the benchmark list of LoSealL/VideoSuperResolution, copied from the paper",
            {
                2: {"set5": (37.76, 0.9590), "set14": (33.52, 0.9166), "b100": (32.09, 0.8978)},
                4: {
                    "set5": (32.13, 0.8937),
                    "set14": (28.60, 0.7806),
                    "b100": (27.58, 0.7349),
                    "urban100": (26.07, 0.7837),
                },
            },
        ),
        Score(dataset="urban100", scale=2, psnr=31.92, ssim=0.9256, source=CORRECTED),
    ),
    deviations=(
        "one scale is built at a time; the released network holds the upsamplers of all three",
        "the frozen mean shift is a buffer, not 24 parameters",
    ),
    checkpoints="https://github.com/nmhkahn/CARN-pytorch (MIT), carn.pth and carn_m.pth, all scales in one file: "
    "srkit.models.load(path, scale=4)",
)

MOBILE = replace(
    CARD,
    title="CARN-M",
    idea="CARN with grouped convolutions, and one residual block used three times in each cascade.",
    lesson="08",
    parameters={2: 257_027, 3: 303_427, 4: 294_147},
    parameters_source="nmhkahn/CARN-pytorch built for one scale, without its 24 frozen mean-shift numbers; its three "
    "scales together have 414 787, of which 412 032 are weights, the 412K of the paper",
    published=(),
    measured=tuple(
        Score(dataset="set5", scale=scale, psnr=psnr, ssim=ssim, source=MEASURED)
        for scale, psnr, ssim in ((2, 37.678, 0.9595), (3, 34.058, 0.9248), (4, 31.883, 0.8910))
    ),
)


def _several(weights: Mapping[str, Tensor]) -> bool:
    return any(key.startswith("upsample.up") for key in weights)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    channels = weights["head.weight"].shape[0]
    grown = [weights[key] for key in ("upsampler.0.weight", "upsampler.3.weight") if key in weights]
    mobile = "cascades.0.blocks.0.mix.weight" in weights
    groups = {"groups": channels // weights["cascades.0.blocks.0.conv1.weight"].shape[1]} if mobile else {}
    scale = {2: 2 ** len(grown), 3: 3}[isqrt(grown[0].shape[0] // channels)]
    return {"channels": channels, "mobile": mobile, **groups, **({} if _several(weights) else {"scale": scale})}


LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"entry\.(.+)", r"head.\1"),
        *(
            (rf"b{i}\.b{j}\.body\.{k}\.(.+)", rf"cascades.{i - 1}.blocks.{j - 1}.{name}.\1")
            for i in (1, 2, 3)
            for j in (1, 2, 3)
            for k, name in ((0, "conv1"), (2, "conv2"), (4, "mix"))
        ),
        *(
            (rf"b{i}\.c{j}\.body\.0\.(.+)", rf"cascades.{i - 1}.fusions.{j - 1}.\1")
            for i in (1, 2, 3)
            for j in (1, 2, 3)
        ),
        *((rf"c{i}\.body\.0\.(.+)", rf"fusions.{i - 1}.\1") for i in (1, 2, 3)),
        (r"upsample\.up\.body\.(.+)", r"upsampler.\1"),
        (r"exit\.(.+)", r"tail.\1"),
    ),
    ignored=(r"(sub|add)_mean\.shifter\.(weight|bias)", r"upsample\.up\d\..+"),
    renames_at=lambda scale: ((rf"upsample\.up{scale}\.body\.(.+)", r"upsampler.\1"),),
)

register_model("carn", CARD, layout=LAYOUT)(CARN)
register_model("carn_m", MOBILE, layout=LAYOUT, mobile=True, groups=4)(CARN)
