"""MDSR, one body for several scales.

B. Lim, S. Son, H. Kim, S. Nah, K. M. Lee, "Enhanced Deep Residual Networks for Single Image Super-Resolution", CVPR
Workshops 2017, 136-144, https://arxiv.org/abs/1707.02921. The idea in one sentence: all scales share eighty residual
blocks, and each scale has two blocks of its own before them and an upsampler of its own behind.

Deviations from the paper: one scale is built at a time, with its own two blocks and upsampler, so no parameter lies
idle; training at a random scale per batch therefore means loading each scale's parts around one body. The frozen mean
shift is a buffer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor, nn

from srkit.layers import PixelRange, ResidualBlock, Upsampler, conv
from srkit.models._registry import Card, Layout, register_model

__all__ = ["BASELINE", "CARD", "MDSR"]


class MDSR(nn.Module):
    """Figure 5, seen from one scale: head, blocks of this scale, shared body with a long skip, upsampler, tail.

    Args:
        scale: enlargement factor.
        channels: feature channels.
        n_blocks: residual blocks of the shared body.
        rgb_range: the value of white inside the network; the released weights have 255.
    """

    def __init__(self, *, scale: int, channels: int = 64, n_blocks: int = 80, rgb_range: float = 255.0) -> None:
        super().__init__()
        self.scale = scale
        self.range = PixelRange(rgb_range=rgb_range)
        self.head = conv(3, channels)
        self.own = nn.Sequential(ResidualBlock(channels, size=5), ResidualBlock(channels, size=5))
        self.body = nn.Sequential(*(ResidualBlock(channels) for _ in range(n_blocks)))
        self.body_end = conv(channels, channels)
        self.upsampler = Upsampler(channels, scale)
        self.tail = conv(channels, 3)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        shallow = self.own(self.head(self.range.inwards(lr)))  # (b, 64, h, w)
        deep = shallow + self.body_end(self.body(shallow))
        large = self.upsampler(deep)  # (b, 64, s*h, s*w)
        return self.range.outwards(self.tail(large))  # (b, 3, s*h, s*w)


CARD = Card(
    title="MDSR",
    year=2017,
    citation="B. Lim, S. Son, H. Kim, S. Nah, K. M. Lee, Enhanced Deep Residual Networks for Single Image "
    "Super-Resolution, CVPR Workshops 2017, 136-144",
    url="https://arxiv.org/abs/1707.02921",
    framework="post-upsampling",
    idea="One body of 80 residual blocks for all scales; each has its own two blocks before and upsampler behind.",
    lesson="06",
    scales=(2, 3, 4),
    parameters={2: 6_506_499, 3: 6_691_139, 4: 6_654_211},
    parameters_source="layer list; EDSR-PyTorch holds the parts of all three scales, 7 953 987 without its 24 frozen "
    "mean-shift numbers",
    tiny={"channels": 16, "n_blocks": 2},
    deviations=(
        "one scale is built at a time; the paper's network holds the parts of all three",
        "the frozen mean shift is a buffer, not 24 parameters",
    ),
    checkpoints="https://github.com/thstkdgus35/EDSR-PyTorch (MIT), mdsr-4a78bedf.pt and mdsr_baseline-a00cab12.pt, "
    "all scales in one file: srkit.models.load(path, scale=4)",
)

BASELINE = replace(
    CARD,
    title="MDSR baseline",
    idea="MDSR with a body of 16 residual blocks.",
    parameters={2: 1_779_715, 3: 1_964_355, 4: 1_927_427},
    parameters_source="layer list; EDSR-PyTorch holds the parts of all three scales, 3 227 203 without its 24 frozen "
    "mean-shift numbers",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    several = any(key.startswith("upsample.") for key in weights)
    return {
        **({} if several else {"scale": Upsampler.scale_of(weights, "upsampler")}),
        "channels": weights["head.weight"].shape[0],
        "n_blocks": sum(key.startswith("body.") and key.endswith("conv1.weight") for key in weights),
        "rgb_range": PixelRange.rgb_range_of(weights),
    }


def _renames_at(scale: int) -> tuple[tuple[str, str], ...]:
    """Say which of the published parts, numbered from 0, belong to a scale."""
    path = scale - 2
    return (
        (rf"pre_process\.{path}\.(\d)\.body\.0\.(.+)", r"own.\1.conv1.\2"),
        (rf"pre_process\.{path}\.(\d)\.body\.2\.(.+)", r"own.\1.conv2.\2"),
        (rf"upsample\.{path}\.(.+)", r"upsampler.\1"),
    )


LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"head\.0\.(.+)", r"head.\1"),
        (r"body\.(\d+)\.body\.0\.(.+)", r"body.\1.conv1.\2"),
        (r"body\.(\d+)\.body\.2\.(.+)", r"body.\1.conv2.\2"),
        (r"body\.\d+\.(weight|bias)", r"body_end.\1"),
        (r"tail\.0\.(.+)", r"tail.\1"),
    ),
    ignored=(*PixelRange.PUBLISHED, r"(pre_process|upsample)\.\d\..+"),
    renames_at=_renames_at,
)

register_model("mdsr", CARD, layout=LAYOUT)(MDSR)
register_model("mdsr_baseline", BASELINE, layout=LAYOUT, channels=64, n_blocks=16)(MDSR)
