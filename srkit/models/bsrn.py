"""BSRN, distillation with convolutions that are one 1x1 and one depthwise 3x3.

Z. Li, Y. Liu, X. Chen, H. Cai, J. Gu, Y. Qiao, C. Dong, "Blueprint Separable Residual Network for Efficient Image
Super-Resolution", CVPR Workshops 2022, 833-843, https://arxiv.org/abs/2205.05996, first in model complexity at NTIRE
2022. The idea in one sentence: the distillation of RFDN with each 3x3 convolution replaced by a 1x1 convolution and one
3x3 kernel for each channel, and attention to contrast after that to places.

``bsrn_s`` is the network that won: smaller, with a learned factor for each channel and a 1x1 convolution where BSRN has
attention to contrast.

Deviations from the paper: none known. As in the released code, the input is repeated four times before the first layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from math import isqrt
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers import conv
from srkit.layers.distillation import ContrastAttention, DistillationBlock
from srkit.layers.spatial import SpatialAttention, in_threes
from srkit.models._registry import Card, Layout, register_model

__all__ = ["BSRN", "CARD"]


def blueprint(n: int, m: int, *, stride: int = 1, bias: bool = False) -> nn.Sequential:
    """Section 3.2, "BSConv": ``(b, n, h, w)`` to ``(b, m, h, w)``; with ``stride`` 2 to about half of the size."""
    spread = nn.Conv2d(m, m, 3, stride=stride, padding=1 if stride == 1 else 0, groups=m)
    return nn.Sequential(conv(n, m, 1, bias=bias), spread)


class LearnedFactors(nn.Module):
    """What BSRN-S has in place of the attention to contrast: a factor for each channel, then a 1x1 convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.factors, self.mix = nn.Parameter(torch.empty(1, channels)), conv(channels, channels, 1)
        nn.init.normal_(self.factors, mean=1.0, std=0.2)

    def forward(self, features: Tensor) -> Tensor:
        """Weigh and mix the channels of ``(b, channels, h, w)``; the shape stays."""
        mixed: Tensor = self.mix(features * self.factors[..., None, None])
        return mixed


class Block(nn.Module):
    """Figure 3, "ESDB": distillation, attention to places and to contrast, and a skip."""

    def __init__(self, channels: int, *, contrast: bool) -> None:
        super().__init__()
        few, act, make = channels // 4, nn.GELU(), partial(blueprint, bias=not contrast)
        middle, stride = in_threes(few, make=make, activation=act), blueprint(few, few, stride=2) if contrast else None
        places = SpatialAttention(channels, few, middle=middle, stride=stride)
        self.steps = DistillationBlock(channels, make=make, activation=act, attention=places)
        self.contrast = ContrastAttention(channels) if contrast else LearnedFactors(channels)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, c, h, w)``; the shape stays."""
        refined: Tensor = features + self.contrast(self.steps(features))
        return refined


class BSRN(nn.Module):
    """Figure 2: head, blocks whose results are all joined, a long skip, and one sub-pixel step.

    Args:
        scale: enlargement factor.
        channels: feature channels; a multiple of 16.
        n_blocks: blocks one after another.
        contrast: attention to contrast; without it the blocks of BSRN-S, whose 1x1 convolutions all add constants.
    """

    def __init__(self, *, scale: int, channels: int = 64, n_blocks: int = 8, contrast: bool = True) -> None:
        super().__init__()
        self.scale = scale
        self.head = blueprint(12, channels, bias=not contrast)
        self.blocks = nn.ModuleList(Block(channels, contrast=contrast) for _ in range(n_blocks))
        self.fusion = conv(n_blocks * channels, channels, 1)
        self.body_end = blueprint(channels, channels, bias=not contrast)
        self.tail = conv(channels, 3 * scale * scale)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        shallow = features = self.head(torch.cat([lr] * 4, dim=1))  # (b, c, h, w)
        results = [features := step(features) for step in self.blocks]
        fused = F.gelu(self.fusion(torch.cat(results, dim=1)))  # (b, c, h, w)
        return F.pixel_shuffle(self.tail(self.body_end(fused) + shallow), self.scale)  # (b, 3, scale*h, scale*w)


CARD = Card(
    title="BSRN",
    year=2022,
    citation="Z. Li, Y. Liu, X. Chen, H. Cai, J. Gu, Y. Qiao, C. Dong, Blueprint Separable Residual Network for "
    "Efficient Image Super-Resolution, CVPR Workshops 2022, 833-843",
    url="https://arxiv.org/abs/2205.05996",
    framework="post-upsampling",
    idea="RFDN's distillation with a 1x1 and a depthwise 3x3 convolution for each 3x3; attention to contrast, too.",
    lesson="16",
    scales=(2, 3, 4),
    parameters={2: 331_628, 3: 340_283, 4: 352_400},
    parameters_source="xiaom233/BSRN",
    tiny={"channels": 16, "n_blocks": 2},
    quiet_parameters={
        "blocks.*.contrast.squeeze.*": "the ReLU after few channels can be off",
        "blocks.*.contrast.excite.weight": "reads that ReLU",
    },
    checkpoints="xiaom233/BSRN (MIT), .pth, by name: pretrained='official'",
)

SMALL = replace(
    CARD,
    title="BSRN-S",
    idea="BSRN with 5 blocks of 48 channels, learned factors of the channels in place of the attention to contrast.",
    scales=(4,),
    parameters={4: 156_288},
    parameters_source="xiaom233/BSRN, net_g_BSRN-S.pth",
    quiet_parameters={},
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    return {
        "scale": isqrt(weights["tail.weight"].shape[0] // 3),
        "channels": weights["fusion.weight"].shape[0],
        "n_blocks": sum(key.endswith(".join.weight") for key in weights),
        "contrast": "blocks.0.contrast.factors" not in weights,
    }


def _in_form(weights: Mapping[str, Tensor], folded: bool) -> dict[str, Tensor]:
    """Give the matrices of BSRN-S, which applies them to the last dimension, the shape of a 1x1 convolution."""
    return {
        key: value[..., None, None] if value.dim() == 2 and key.endswith("weight") else value
        for key, value in weights.items()
    }


_PARTS = {
    "fea_conv": "head",
    "c1": "fusion",
    "c2": "body_end",
    r"upsampler\.upsampleOneStep\.0": "tail",
    **{
        rf"B{n + 1}\.{theirs}": f"blocks.{n}.{ours}"
        for n in range(8)
        for theirs, ours in (
            *((theirs, f"steps.{ours}") for theirs, ours in DistillationBlock.RENAMES.items()),
            *((rf"esa\.{t}", f"steps.attention.{ours}") for t, ours in SpatialAttention.RENAMES_OF_THREE.items()),
            (r"cca\.conv_du\.0", "contrast.squeeze"),
            (r"cca\.conv_du\.2", "contrast.excite"),
            ("conv_out", "contrast.mix"),
        )
    },
}

LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        *(
            (theirs + part + r"\.(weight|bias)", ours + inside + r".\1")
            for theirs, ours in _PARTS.items()
            for part, inside in (("", ""), (r"\.pw", ".0"), (r"\.dw", ".1"))
        ),
        *((rf"B{n + 1}\.cw", f"blocks.{n}.contrast.factors") for n in range(8)),
    ),
    in_form=_in_form,
)

register_model("bsrn_s", SMALL, layout=LAYOUT, channels=48, n_blocks=5, contrast=False)(BSRN)
register_model("bsrn", CARD, layout=LAYOUT)(BSRN)
