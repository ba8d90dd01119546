"""PLKSR, one very large kernel on a quarter of the channels; and the community's RealPLKSR.

D. Lee, S. Yun, Y. Ro, "Partial Large Kernel CNNs for Efficient Super-Resolution", 2024,
https://arxiv.org/abs/2404.11848. The idea in one sentence: a 17x17 convolution gives the reach of attention at the
price of a convolution, if only a quarter of the channels pass through it.

Deviations from the paper: none known in ``plksr``. RealPLKSR is not in the paper: the trainer neosr adds normalisation
and another activation to train it for photographs, and optionally DySample in place of the pixel shuffle.
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
from srkit.layers import conv
from srkit.layers.dysample import DySample
from srkit.layers.normalise import ChannelNorm
from srkit.models._registry import Card, Layout, register_model

__all__ = ["CARD", "PLKSR", "REAL", "TINY"]

Norm = Literal["none", "group", "layer"]


class LargeKernelBlock(nn.Module):
    """Figure 3: mix channels, one large kernel on the first of them, attend to every element, refine, and the skip."""

    def __init__(self, channels: int, *, size: int, large: int, attention: bool, norm: Norm) -> None:
        super().__init__()
        self.large_channels = large
        self.norm_in = ChannelNorm(channels) if norm == "layer" else nn.Identity()
        self.mix = nn.ModuleList([conv(channels, 2 * channels), conv(2 * channels, channels)])
        self.large = conv(large, large, size)
        self.attend = conv(channels, channels) if attention else None
        self.refine = conv(channels, channels, 1)
        self.norm_out = nn.GroupNorm(4, channels) if norm == "group" else nn.Identity()
        self.activation = F.gelu if norm == "none" else F.mish
        for layer in (self.mix[1], self.large, self.refine, *([self.attend] if self.attend else ())):
            nn.init.trunc_normal_(layer.weight, std=0.02)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, c, h, w)``; the shape stays."""
        mixed = self.mix[1](self.activation(self.mix[0](self.norm_in(features))))  # (b, c, h, w)
        far, near = mixed[:, : self.large_channels], mixed[:, self.large_channels :]
        seen = torch.cat([self.large(far), near], dim=1)  # (b, c, h, w)
        if self.attend is not None:
            seen = seen * torch.sigmoid(self.attend(seen))
        refined: Tensor = self.norm_out(self.refine(seen))
        return refined + features


class PLKSR(nn.Module):
    """Figure 3: head, blocks, and as many maps as large pixels, added to those of the nearest neighbour.

    Args:
        scale: enlargement factor.
        channels: feature channels.
        n_blocks: large-kernel blocks.
        size: side of the large kernel in pixels; odd.
        large: channels that pass through it.
        attention: of every element for itself.
        norm: "none" as in the paper; "group" or "layer" as in RealPLKSR, which has Mish in place of GELU.
        sample: DySample in place of the pixel shuffle.

    Raises:
        BadInput: another ``norm``.
    """

    def __init__(
        self,
        *,
        scale: int,
        channels: int = 64,
        n_blocks: int = 28,
        size: int = 17,
        large: int = 16,
        attention: bool = True,
        norm: Norm = "none",
        sample: bool = False,
    ) -> None:
        super().__init__()
        if norm not in ("none", "group", "layer"):
            raise BadInput(f"PLKSR has the norms 'none', 'group' and 'layer', not {norm!r}.")
        self.scale = scale
        self.head = conv(3, channels)
        block: dict[str, Any] = {"size": size, "large": large, "attention": attention, "norm": norm}
        self.body = nn.Sequential(*(LargeKernelBlock(channels, **block) for _ in range(n_blocks)))
        self.tail = conv(channels, 3 * scale * scale)
        groups = 3 if scale % 2 else 4
        self.enlarge = DySample(3 * scale**2, 3 if scale > 1 else None, scale, groups=groups) if sample else None
        for layer in (self.head, self.tail):
            nn.init.trunc_normal_(layer.weight, std=0.02)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        maps = self.tail(self.body(self.head(lr))) + lr.repeat_interleave(self.scale**2, dim=1)  # (b, 3*s*s, h, w)
        if self.enlarge is not None:
            return self.enlarge(maps)  # type: ignore[no-any-return]  # (b, 3, s*h, s*w)
        return F.pixel_shuffle(maps, self.scale)  # (b, 3, s*h, s*w)


CARD = Card(
    title="PLKSR",
    year=2024,
    citation="D. Lee, S. Yun, Y. Ro, Partial Large Kernel CNNs for Efficient Super-Resolution, 2024, arXiv 2404.11848",
    url="https://arxiv.org/abs/2404.11848",
    framework="post-upsampling",
    idea="One 17x17 kernel on a quarter of the channels has the reach of attention at the price of a convolution.",
    lesson="12",
    scales=(2, 3, 4),
    parameters={2: 7_365_324, 3: 7_373_979, 4: 7_386_096},
    parameters_source="layer list of dslisleedh/PLKSR with its double mixer",
    tiny={"channels": 16, "n_blocks": 2, "size": 5, "large": 4},
    checkpoints="dslisleedh/PLKSR (MIT) on a drive",
)

TINY = replace(
    CARD,
    title="PLKSR tiny",
    idea="PLKSR with twelve blocks, 13x13 kernels and no attention.",
    parameters={2: 2_349_772, 3: 2_358_427, 4: 2_370_544},
)

REAL = replace(
    CARD,
    title="RealPLKSR",
    citation="neosr-project/neosr, after D. Lee, S. Yun, Y. Ro, Partial Large Kernel CNNs for Efficient "
    "Super-Resolution, 2024, arXiv 2404.11848",
    idea="PLKSR with group normalisation and Mish, as the community trains it for photographs; optionally DySample.",
    scales=(2, 3, 4, 1),
    parameters={2: 7_368_908, 3: 7_377_563, 4: 7_389_680, 1: 7_363_715},
    parameters_source="layer list of realplksr in neosr-project/neosr",
    deviations=("not in the paper: the trainer neosr adds normalisation, Mish and, on demand, DySample",),
    checkpoints="about 21 models of the community, .pth and .safetensors, with either norm, with and without DySample",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    large = weights["body.0.large.weight"]
    layer, group = "body.0.norm_in.weight" in weights, "body.0.norm_out.weight" in weights
    return {
        "scale": isqrt(weights["tail.weight"].shape[0] // 3),
        "channels": weights["head.weight"].shape[0],
        "n_blocks": len({key.split(".")[1] for key in weights if key.startswith("body.")}),
        "size": large.shape[-1],
        "large": large.shape[0],
        "attention": "body.0.attend.weight" in weights,
        "norm": "layer" if layer else "group" if group else "none",
        "sample": "enlarge.offset.weight" in weights,
    }


_PARTS = {  # PLKSR's files say "channe_mixer"
    r"channel?_mixer\.0": "mix.0",
    r"channel?_mixer\.2": "mix.1",
    r"lk\.conv": "large",
    r"attn\.f\.0": "attend",
    "refine": "refine",
    "layer_norm": "norm_in",
    "norm": "norm_out",
}

LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"feats\.0\.(weight|bias)", r"head.\1"),
        (r"feats\.\d+\.(weight|bias)", r"tail.\1"),
        *(
            (rf"feats\.{i + 1}\.{theirs}\.(weight|bias)", rf"body.{i}.{ours}.\1")
            for i in range(40)
            for theirs, ours in _PARTS.items()
        ),
        (r"to_img\.(offset|scope)\.(.+)", r"enlarge.\1.\2"),
        (r"to_img\.end_conv\.(.+)", r"enlarge.last.\1"),
    ),
    ignored=(r"to_img\.init_pos",),
)

register_model("plksr", CARD, layout=LAYOUT)(PLKSR)
register_model("plksr_tiny", TINY, layout=LAYOUT, n_blocks=12, size=13, attention=False)(PLKSR)
register_model("realplksr", REAL, layout=LAYOUT, norm="group")(PLKSR)
