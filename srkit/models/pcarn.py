"""PCARN and PCARN-M, CARN made for photo-realistic results.

N. Ahn, B. Kang, K.-A. Sohn, "Efficient Deep Neural Network for Photo-realistic Image Super-Resolution", 2019,
https://arxiv.org/abs/1903.02240. The idea in one sentence: take the ReLU out of CARN's fusions and lead the first
features past the whole cascade, then train the light network against a discriminator.

Deviations from the paper: one scale is built at a time, and the frozen mean shift is a buffer. The layers are those of
the released code. This is not the "progressive CARN" of NTIRE 2018, a system of the same authors with the same letters.
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
from srkit.models._registry import Card, Layout, Score, register_model

__all__ = ["CARD", "MOBILE", "PCARN"]


def cascade(features: Tensor, blocks: nn.ModuleList, joins: nn.ModuleList) -> Tensor:
    """Run blocks on ``(b, channels, h, w)``; after each, fuse all outputs so far to ``(b, channels, h, w)``.

    With fewer blocks than joins the blocks are used again, in turn.
    """
    seen = fused = features
    for i, join in enumerate(joins):
        seen = torch.cat([seen, blocks[i % len(blocks)](fused)], dim=1)  # (b, (i+2)*channels, h, w)
        fused = join(seen)  # (b, channels, h, w)
    return fused


class ResidualBlock(nn.Module):
    """Two convolutions, the skip, and a ReLU after the sum."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = conv(channels, channels)
        self.conv2 = conv(channels, channels)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        residual: Tensor = self.conv2(self.conv1(features).relu_())
        return (features + residual).relu_()


class EfficientBlock(nn.Module):
    """Two grouped convolutions, a 1x1 convolution that mixes the groups, the skip, a ReLU."""

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
    """Three residual blocks, or one that is used three times, in a cascade without activations of its own."""

    def __init__(self, channels: int, *, mobile: bool, groups: int) -> None:
        super().__init__()
        blocks = [EfficientBlock(channels, groups=groups)] if mobile else [ResidualBlock(channels) for _ in range(3)]
        self.blocks = nn.ModuleList(blocks)
        self.joins = nn.ModuleList(conv((i + 2) * channels, channels, 1) for i in range(3))

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        return cascade(features, self.blocks, self.joins)


class PCARN(nn.Module):
    """Head, a cascade of cascading blocks with a skip past it, upsampler, tail.

    Args:
        scale: enlargement factor.
        channels: feature channels.
        mobile: PCARN-M's recursive blocks.
        groups: groups of the 3x3 convolutions in a mobile block, and of the upsampler.

    Raises:
        BadInput: groups without ``mobile``, or groups that do not divide the channels.
    """

    def __init__(self, *, scale: int, channels: int = 64, mobile: bool = False, groups: int = 1) -> None:
        super().__init__()
        if channels % groups or (groups > 1 and not mobile):
            raise BadInput(
                f"Groups need mobile=True and must divide the channels; given: groups={groups}, mobile={mobile}, "
                f"channels={channels}. PCARN-M has mobile=True, groups=4."
            )
        self.scale = scale
        self.range = PixelRange(rgb_range=1.0)
        self.head = conv(3, channels)
        self.cascades = nn.ModuleList(CascadingBlock(channels, mobile=mobile, groups=groups) for _ in range(3))
        self.joins = nn.ModuleList(conv((i + 2) * channels, channels, 1) for i in range(3))
        layers: list[nn.Module] = []
        for r in {2: [2], 3: [3], 4: [2, 2]}[scale]:
            layers += [nn.Conv2d(channels, channels * r * r, 3, padding=1, groups=groups), nn.ReLU(True)]
            layers += [nn.PixelShuffle(r)]
        self.upsampler = nn.Sequential(*layers)
        self.tail = conv(channels, 3)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        shallow = self.head(self.range.inwards(lr))  # (b, 64, h, w)
        deep = shallow + cascade(shallow, self.cascades, self.joins)
        large = self.upsampler(deep)  # (b, 64, s*h, s*w)
        return self.range.outwards(self.tail(large))  # (b, 3, s*h, s*w)


MEASURED = (
    "the authors' weights of the L1 phase (PCARN-M-L1.pth) on MATLAB's 8-bit LR images, x86-64 CPU, float32; "
    "python -m pytest -m slow tests/models/test_pcarn.py"
)

CARD = Card(
    title="PCARN",
    year=2019,
    citation="N. Ahn, B. Kang, K.-A. Sohn, Efficient Deep Neural Network for Photo-realistic Image Super-Resolution, "
    "arXiv 1903.02240, 2019",
    url="https://arxiv.org/abs/1903.02240",
    framework="post-upsampling",
    idea="CARN with linear fusions and a skip past the whole cascade, trained against a discriminator.",
    lesson="06",
    scales=(2, 3, 4),
    parameters={2: 964_163, 3: 1_148_803, 4: 1_111_875},
    parameters_source="nmhkahn/PCARN-pytorch built for one scale, without its 24 frozen mean-shift numbers",
    tiny={"channels": 16},
    deviations=(
        "one scale is built at a time; the released network holds the upsamplers of all three",
        "the frozen mean shift is a buffer, not 24 parameters",
    ),
    checkpoints="https://github.com/nmhkahn/PCARN-pytorch (MIT), PCARN.pth, PCARN-M.pth and the same after the L1 "
    "phase, all scales in one file: srkit.models.load(path, scale=4)",
)

MOBILE = replace(
    CARD,
    title="PCARN-M",
    idea="PCARN with grouped convolutions, and one residual block used three times in each cascade.",
    lesson="08",
    parameters={2: 257_027, 3: 303_427, 4: 294_147},
    measured=tuple(
        Score(dataset="set5", scale=scale, psnr=psnr, ssim=ssim, source=MEASURED)
        for scale, psnr, ssim in ((2, 37.695, 0.9594), (3, 34.073, 0.9246), (4, 31.899, 0.8912))
    ),
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    channels = weights["head.weight"].shape[0]
    grown = [weights[key] for key in ("upsampler.0.weight", "upsampler.3.weight") if key in weights]
    mobile = "cascades.0.blocks.0.mix.weight" in weights
    groups = {"groups": channels // weights["cascades.0.blocks.0.conv1.weight"].shape[1]} if mobile else {}
    scale = {2: 2 ** len(grown), 3: 3}[isqrt(grown[0].shape[0] // channels)]
    several = any(key.startswith("upsample.up") for key in weights)
    return {"channels": channels, "mobile": mobile, **groups, **({} if several else {"scale": scale})}


_INDICES = (1, 2, 3)
_RENAMES = (
    (r"entry\.(.+)", r"head.\1"),
    *((rf"b{i}\.c{j}\.(.+)", rf"cascades.{i - 1}.joins.{j - 1}.\1") for i in _INDICES for j in _INDICES),
    *((rf"c{i}\.(.+)", rf"joins.{i - 1}.\1") for i in _INDICES),
    (r"upsample\.up\.body\.(.+)", r"upsampler.\1"),
    (r"exit\.(.+)", r"tail.\1"),
)

LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        *_RENAMES,
        *((rf"b{i}\.b{j}\.(.+)", rf"cascades.{i - 1}.blocks.{j - 1}.\1") for i in _INDICES for j in _INDICES),
    ),
    ignored=(r"(sub|add)_mean\.shifter\.(weight|bias)", r"upsample\.up\d\..+"),
    renames_at=lambda scale: ((rf"upsample\.up{scale}\.body\.(.+)", r"upsampler.\1"),),
)

MOBILE_LAYOUT = replace(
    LAYOUT,
    renames=(  # their file holds the shared block under three names, of which the last is read last
        *_RENAMES,
        *((rf"b{i}\.b3\.pw\.(.+)", rf"cascades.{i - 1}.blocks.0.mix.\1") for i in _INDICES),
        *((rf"b{i}\.b3\.(.+)", rf"cascades.{i - 1}.blocks.0.\1") for i in _INDICES),
    ),
    ignored=(*LAYOUT.ignored, r"b\d\.b[12]\..+"),
)

register_model("pcarn", CARD, layout=LAYOUT)(PCARN)
register_model("pcarn_m", MOBILE, layout=MOBILE_LAYOUT, mobile=True, groups=4)(PCARN)
