"""MSRN, small and large kernels side by side.

J. Li, F. Fang, K. Mei, G. Zhang, "Multi-scale Residual Network for Image Super-Resolution", ECCV 2018, 517-532,
https://openaccess.thecvf.com/content_ECCV_2018/html/Juncheng_Li_Multi-scale_Residual_Network_ECCV_2018_paper.html. The
idea in one sentence: each block looks through 3x3 and 5x5 kernels at once, lets the two exchange what they saw, and the
outputs of all blocks are gathered before enlarging.

Deviations from the paper: ``msrn`` is the network of the released code, which works on RGB, adds a convolution before
the upsampler and enlarges x4 in two steps; ``msrn_luma`` is the earlier one of the paper (its 6.3 M at x4), on Y and
with one step. The released code means to freeze its mean shift and does not, so its files may hold one that moved;
here the shift is a buffer that is loaded with the weights and counts no parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isqrt
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import DIV2K_MEAN, Upsampler, conv, on_luma
from srkit.models._published import published
from srkit.models._registry import Card, Layout, register_model, score_table

__all__ = ["CARD", "LUMA", "MSRN"]


class ColourShift(nn.Module):
    """A 1x1 convolution on RGB that is loaded and saved but not trained: the released code's mean shift.

    Args:
        sign: -1 takes DIV2K's mean colour away, 1 adds it.
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, *, sign: Literal[-1, 1]) -> None:
        super().__init__()
        self.register_buffer("weight", torch.eye(3).reshape(3, 3, 1, 1))
        self.register_buffer("bias", sign * 255 * torch.tensor(DIV2K_MEAN))

    def forward(self, image: Tensor) -> Tensor:
        """Shift ``(b, 3, h, w)``, white being 255; the shape stays."""
        return F.conv2d(image, self.weight, self.bias)


class MultiScaleBlock(nn.Module):
    """Section 3.1, figure 3: two kernel sizes, twice, with an exchange in between, a 1x1 fusion and the skip."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.small1 = conv(channels, channels, 3)
        self.large1 = conv(channels, channels, 5)
        self.small2 = conv(2 * channels, 2 * channels, 3)
        self.large2 = conv(2 * channels, 2 * channels, 5)
        self.fusion = conv(4 * channels, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        both = torch.cat([self.small1(features), self.large1(features)], dim=1).relu_()  # (b, 2*channels, h, w)
        both = torch.cat([self.small2(both), self.large2(both)], dim=1).relu_()  # (b, 4*channels, h, w)
        residual: Tensor = self.fusion(both)  # (b, channels, h, w)
        return residual + features


class MSRN(nn.Module):
    """Figure 2: head, blocks, a 1x1 convolution over all their outputs, upsampler, tail.

    Args:
        scale: enlargement factor.
        channels: feature channels.
        n_blocks: multi-scale residual blocks.
        colours: 3 is the released network, on RGB; 1 the earlier one, on luma.

    Raises:
        BadInput: another number of colours.
    """

    def __init__(self, *, scale: int, channels: int = 64, n_blocks: int = 8, colours: int = 3) -> None:
        super().__init__()
        if colours not in (1, 3):
            raise BadInput(f"MSRN works on 3 colours or on 1, luma; given: colours={colours}.")
        self.scale = scale
        self.colours = colours
        self.head = conv(colours, channels)
        self.body = nn.ModuleList(MultiScaleBlock(channels) for _ in range(n_blocks))
        self.gather = conv((n_blocks + 1) * channels, channels, 1)
        self.tail = conv(channels, colours)
        if colours == 3:
            self.sub_mean, self.add_mean = ColourShift(sign=-1), ColourShift(sign=1)
            self.body_end: nn.Module = conv(channels, channels)
            self.enlarge: nn.Module = Upsampler(channels, scale)
        else:
            self.body_end = nn.Identity()
            self.enlarge = nn.Sequential(conv(channels, channels * scale * scale), nn.PixelShuffle(scale))

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        if self.colours == 1:
            return on_luma(self.draw, lr, scale=self.scale)  # (b, 3, s*h, s*w)
        sr: Tensor = self.add_mean(self.draw(self.sub_mean(lr * 255))) / 255  # (b, 3, s*h, s*w)
        return sr

    def draw(self, image: Tensor) -> Tensor:
        """Enlarge ``(b, colours, h, w)`` to ``(b, colours, scale*h, scale*w)``, in the values of the network."""
        shallow = features = self.head(image)  # (b, 64, h, w)
        outputs = []
        for block in self.body:
            features = block(features)
            outputs.append(features)
        outputs = [shallow, *outputs] if self.colours == 1 else [*outputs, shallow]
        deep = self.body_end(self.gather(torch.cat(outputs, dim=1)))  # (b, 64, h, w)
        sr: Tensor = self.tail(self.enlarge(deep))  # (b, colours, s*h, s*w)
        return sr


CARD = Card(
    title="MSRN",
    year=2018,
    citation="J. Li, F. Fang, K. Mei, G. Zhang, Multi-scale Residual Network for Image Super-Resolution, ECCV 2018, "
    "517-532 (LNCS 527-542)",
    url="https://openaccess.thecvf.com/content_ECCV_2018/html/"
    "Juncheng_Li_Multi-scale_Residual_Network_ECCV_2018_paper.html",
    framework="post-upsampling",
    idea="Each block looks through 3x3 and 5x5 kernels at once and lets the two exchange what they saw.",
    lesson="06",
    scales=(2, 3, 4, 8),
    parameters={2: 5_930_307, 3: 6_114_947, 4: 6_078_019, 8: 6_225_731},
    parameters_source="MIVRC/MSRN-PyTorch, MSRN/Train/model/msrn.py, without the 24 numbers of its mean shift",
    tiny={"channels": 16, "n_blocks": 2},
    published=score_table(
        "README of MIVRC/MSRN-PyTorch, retrained",
        {
            4: {
                "set5": (32.25, 0.8958),
                "set14": (28.63, 0.7833),
                "b100": (27.61, 0.7377),
                "urban100": (26.22, 0.7905),
            }
        },
    ),
    deviations=(
        "the network is that of the released code; the paper's own is msrn_luma",
        "the mean shift, which the released code trains by oversight, is a loaded buffer, not 24 parameters",
    ),
    checkpoints="https://github.com/MIVRC/MSRN-PyTorch (no licence stated: ask the authors), .pt, loaded as they are",
)

LUMA = replace(
    CARD,
    title="MSRN (luma)",
    idea="MSRN as first published: on luma, with a single sub-pixel step.",
    scales=(2, 3, 4),
    parameters={2: 5_891_073, 3: 6_075_713, 4: 6_334_209},
    parameters_source="MIVRC/MSRN-PyTorch, OLD/model.py; 6.3 M at x4 is what the paper prints",
    published=published("msrn_luma"),
    deviations=(),
    checkpoints="the state dicts of OLD/model.py load as they are; the files once published hold a pickled network, "
    "whose code srkit does not run",
    luma_only=True,
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    channels, colours = weights["head.weight"].shape[:2]
    n_blocks = sum(key.endswith(".small1.weight") for key in weights)
    if colours == 3:
        scale = Upsampler.scale_of(weights, "enlarge")
    else:
        scale = isqrt(weights["enlarge.0.weight"].shape[0] // channels)
    return {"scale": scale, "channels": channels, "n_blocks": n_blocks, "colours": colours}


_PATHS = (("conv_3_1", "small1"), ("conv_5_1", "large1"), ("conv_3_2", "small2"), ("conv_5_2", "large2"))
_PARTS = (*_PATHS, ("confusion", "fusion"))

LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"head\.0\.(.+)", r"head.\1"),
        *((rf"body\.(\d+)\.{theirs}\.(.+)", rf"body.\1.{ours}.\2") for theirs, ours in _PARTS),
        (r"tail\.0\.(.+)", r"gather.\1"),
        (r"tail\.1\.(.+)", r"body_end.\1"),
        (r"tail\.2\.(.+)", r"enlarge.\1"),
        (r"tail\.3\.(.+)", r"tail.\1"),
        (r"conv_input\.(.+)", r"head.\1"),
        *(
            (rf"residual{i + 1}\.0\.{theirs}\.(.+)", rf"body.{i}.{ours}.\1")
            for i in range(8)
            for theirs, ours in _PARTS
        ),
        (r"bottle\.(.+)", r"gather.\1"),
        (r"conv\.(.+)", r"enlarge.0.\1"),
        (r"conv_output\.(.+)", r"tail.\1"),
    ),
)

register_model("msrn", CARD, layout=LAYOUT)(MSRN)
register_model("msrn_luma", LUMA, layout=LAYOUT, colours=1)(MSRN)
