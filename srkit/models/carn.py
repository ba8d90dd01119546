"""CARN and PCARN, cascades of residual blocks, and their mobile versions.

N. Ahn, B. Kang, K.-A. Sohn, "Fast, Accurate, and Lightweight Super-Resolution with Cascading Residual Network", ECCV
2018, 256-272, https://arxiv.org/abs/1803.08664, and "Efficient Deep Neural Network for Photo-realistic Image
Super-Resolution", 2019, https://arxiv.org/abs/1903.02240. The idea in one sentence: after each block, a 1x1 convolution
reads everything that was computed before, inside a block of blocks as well as between them; the mobile version groups
the convolutions and uses one block three times. PCARN takes the ReLU out of these fusions, leads the first features
past the whole cascade, and is then trained against a discriminator.

Deviations from the papers: one scale is built at a time, while CARN's count is that of all three upsamplers together;
the frozen mean shift is a buffer. As in the released code, a ReLU stands in the upsampler between convolution and
shuffle, and the mobile upsampler is grouped, too. Only the mobile versions are recursive; the other blocks have weights
of their own. PCARN is not the "progressive CARN" of NTIRE 2018, a system of the same authors with the same letters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isqrt
from typing import Any

import torch
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import PixelRange, ResidualBlock, conv
from srkit.models._published import published
from srkit.models._registry import Card, Layout, Score, register_model

__all__ = ["CARD", "CARN", "LINEAR", "LINEAR_MOBILE", "MOBILE"]


class EfficientBlock(nn.Module):
    """CARN, figure 4(b): two grouped convolutions, a 1x1 convolution that mixes the groups, the skip, a ReLU."""

    def __init__(self, channels: int, *, groups: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, groups=groups)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, groups=groups)
        self.mix = conv(channels, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        residual: Tensor = self.mix(self.conv2(self.conv1(features).relu_()).relu_())
        return (features + residual).relu_()


class Cascade(nn.Module):
    """1x1 convolutions between blocks, and inside them: each reads all outputs so far. Equations 4 and 5 of CARN."""

    def add_fusions(self, channels: int, *, linear: bool) -> None:
        """Make three of them; PCARN's are ``linear``. Their name tells weight files of the two apart."""
        self.linear, self.fused = linear, "joins" if linear else "fusions"
        self.add_module(self.fused, nn.ModuleList(conv((i + 2) * channels, channels, 1) for i in range(3)))

    def cascade(self, features: Tensor, blocks: nn.ModuleList) -> Tensor:
        """Run blocks on ``(b, channels, h, w)``; after each, fuse all outputs so far to ``(b, channels, h, w)``.

        With fewer blocks than fusions the blocks are used again, in turn.
        """
        seen = fused = features
        for i, fusion in enumerate(self.get_submodule(self.fused).children()):
            seen = torch.cat([seen, blocks[i % len(blocks)](fused)], dim=1)  # (b, (i+2)*channels, h, w)
            fused = fusion(seen) if self.linear else fusion(seen).relu()  # (b, channels, h, w)
        return fused


class CascadingBlock(Cascade):
    """CARN, figure 3(b): three residual blocks, or one that is used three times, in a cascade."""

    def __init__(self, channels: int, *, mobile: bool, groups: int, linear: bool) -> None:
        super().__init__()
        plain = (ResidualBlock(channels, relu_after=True) for _ in range(3))
        self.blocks = nn.ModuleList([EfficientBlock(channels, groups=groups)] if mobile else plain)
        self.add_fusions(channels, linear=linear)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        return self.cascade(features, self.blocks)


class CARN(Cascade):
    """CARN, figure 2: head, a cascade of cascading blocks, upsampler, tail.

    Args:
        scale: enlargement factor.
        channels: feature channels.
        mobile: the recursive blocks of the mobile versions.
        groups: groups of the 3x3 convolutions in a mobile block, and of the upsampler.
        linear: PCARN, whose fusions have no ReLU, and whose first features go past the whole cascade.

    Raises:
        BadInput: groups without ``mobile``, or groups that do not divide the channels.
    """

    def __init__(
        self, *, scale: int, channels: int = 64, mobile: bool = False, groups: int = 1, linear: bool = False
    ) -> None:
        if channels % groups or (groups > 1 and not mobile):
            raise BadInput(
                f"Groups need mobile=True and must divide the channels; given: groups={groups}, mobile={mobile}, "
                f"channels={channels}. CARN-M has mobile=True, groups=4."
            )
        super().__init__()
        self.scale = scale
        self.range = PixelRange(rgb_range=1.0)
        self.head = conv(3, channels)
        self.cascades = nn.ModuleList(
            CascadingBlock(channels, mobile=mobile, groups=groups, linear=linear) for _ in range(3)
        )
        self.add_fusions(channels, linear=linear)
        layers: list[nn.Module] = []
        for r in {2: [2], 3: [3], 4: [2, 2]}[scale]:
            layers += [nn.Conv2d(channels, channels * r * r, 3, padding=1, groups=groups), nn.ReLU(True)]
            layers += [nn.PixelShuffle(r)]
        self.upsampler = nn.Sequential(*layers)
        self.tail = conv(channels, 3)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        shallow = self.head(self.range.inwards(lr))  # (b, 64, h, w)
        deep = self.cascade(shallow, self.cascades)
        large = self.upsampler(shallow + deep if self.linear else deep)  # (b, 64, s*h, s*w)
        return self.range.outwards(self.tail(large))  # (b, 3, s*h, s*w)


MEASURED = (
    "the authors' weights ({}) on MATLAB's 8-bit LR images, x86-64 CPU, float32; "
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
    published=published("carn"),
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
)


LINEAR = Card(
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

LINEAR_MOBILE = replace(
    LINEAR,
    title="PCARN-M",
    idea="PCARN with grouped convolutions, and one residual block used three times in each cascade.",
    lesson="08",
    parameters={2: 257_027, 3: 303_427, 4: 294_147},
    measured=tuple(
        Score(
            dataset="set5",
            scale=scale,
            psnr=psnr,
            ssim=ssim,
            source=MEASURED.format("PCARN-M-L1.pth, after the L1 phase"),
        )
        for scale, psnr, ssim in ((2, 37.695, 0.9594), (3, 34.073, 0.9246), (4, 31.899, 0.8912))
    ),
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    channels = weights["head.weight"].shape[0]
    grown = [weights[key] for key in ("upsampler.0.weight", "upsampler.3.weight") if key in weights]
    mobile, linear = "cascades.0.blocks.0.mix.weight" in weights, "joins.0.weight" in weights
    groups = {"groups": channels // weights["cascades.0.blocks.0.conv1.weight"].shape[1]} if mobile else {}
    scale = {2: 2 ** len(grown), 3: 3}[isqrt(grown[0].shape[0] // channels)]
    several = any(key.startswith("upsample.up") for key in weights)
    told = {} if several else {"scale": scale}
    return {"channels": channels, "mobile": mobile, "linear": linear, **groups, **told}


_INDICES = (1, 2, 3)
_GRID = tuple((i, j) for i in _INDICES for j in _INDICES)
_OUTSIDE = ((r"entry\.(.+)", r"head.\1"), (r"upsample\.up\.body\.(.+)", r"upsampler.\1"), (r"exit\.(.+)", r"tail.\1"))
_JOINS = (
    *((rf"b{i}\.c{j}\.(.+)", rf"cascades.{i - 1}.joins.{j - 1}.\1") for i, j in _GRID),
    *((rf"c{i}\.(.+)", rf"joins.{i - 1}.\1") for i in _INDICES),
)

LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        *_OUTSIDE,
        *(
            (rf"b{i}\.b{j}\.body\.{k}\.(.+)", rf"cascades.{i - 1}.blocks.{j - 1}.{name}.\1")
            for i, j in _GRID
            for k, name in ((0, "conv1"), (2, "conv2"), (4, "mix"))
        ),
        *((rf"b{i}\.c{j}\.body\.0\.(.+)", rf"cascades.{i - 1}.fusions.{j - 1}.\1") for i, j in _GRID),
        *((rf"c{i}\.body\.0\.(.+)", rf"fusions.{i - 1}.\1") for i in _INDICES),
    ),
    ignored=(r"(sub|add)_mean\.shifter\.(weight|bias)", r"upsample\.up\d\..+"),
    renames_at=lambda scale: ((rf"upsample\.up{scale}\.body\.(.+)", r"upsampler.\1"),),
)

LINEAR_LAYOUT = replace(
    LAYOUT,
    renames=(
        *_OUTSIDE,
        *_JOINS,
        *((rf"b{i}\.b{j}\.(.+)", rf"cascades.{i - 1}.blocks.{j - 1}.\1") for i, j in _GRID),
    ),
)

LINEAR_MOBILE_LAYOUT = replace(
    LAYOUT,
    renames=(  # their file holds the shared block under three names, of which the last is read last
        *_OUTSIDE,
        *_JOINS,
        *((rf"b{i}\.b3\.pw\.(.+)", rf"cascades.{i - 1}.blocks.0.mix.\1") for i in _INDICES),
        *((rf"b{i}\.b3\.(.+)", rf"cascades.{i - 1}.blocks.0.\1") for i in _INDICES),
    ),
    ignored=(*LAYOUT.ignored, r"b\d\.b[12]\..+"),
)

register_model("carn", CARD, layout=LAYOUT)(CARN)
register_model("carn_m", MOBILE, layout=LAYOUT, mobile=True, groups=4)(CARN)
register_model("pcarn", LINEAR, layout=LINEAR_LAYOUT, linear=True)(CARN)
register_model("pcarn_m", LINEAR_MOBILE, layout=LINEAR_MOBILE_LAYOUT, mobile=True, groups=4, linear=True)(CARN)
