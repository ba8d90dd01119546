"""Progressive CARN, a cascade that is trained at x2 and then grown.

N. Ahn, B. Kang, K.-A. Sohn, "Image Super-Resolution via Progressive Cascading Residual Network", CVPR Workshops 2018,
https://openaccess.thecvf.com/content_cvpr_2018_workshops/w13/html/Ahn_Image_Super-Resolution_via_CVPR_2018_paper.html.
The idea in one sentence: when a scale has been learned, replace the layers that draw the picture by ones that draw it
twice as large, and go on with what was learned before.

Deviations from the paper: the design is ours where it is not described; there is no code (PCARN-pytorch of the same
author is another network). The trunk is CARN's, with its upsampler of convolution, ReLU and shuffle for each doubling.
Growing keeps the trunk and the upsampling steps there are, appends one, and begins with a new tail.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import PixelRange, ResidualBlock, conv
from srkit.models._registry import Card, register_model

__all__ = ["CARD", "ProgressiveCARN"]


class Cascade(nn.Module):
    """Three parts; after each, a 1x1 convolution reads everything before it.

    Args:
        channels: in and out.
        parts: what is cascaded, residual blocks or cascades of them.
    """

    def __init__(self, channels: int, parts: list[nn.Module]) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)
        self.fusions = nn.ModuleList(conv((i + 2) * channels, channels, 1) for i in range(len(parts)))

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        seen = fused = features
        for part, fusion in zip(self.parts, self.fusions, strict=True):
            seen = torch.cat([seen, part(fused)], dim=1)  # (b, (i+2)*channels, h, w)
            fused = fusion(seen).relu()  # (b, channels, h, w)
        return fused


class ProgressiveCARN(nn.Module):
    """CARN's trunk and as many upsampling steps as it has grown.

    Args:
        scale: enlargement factor, 2, 4 or 8.
        channels: feature channels.
        rgb_range: the value of white inside the network.
    """

    def __init__(self, *, scale: int, channels: int = 64, rgb_range: float = 1.0) -> None:
        super().__init__()
        self.scale = scale
        self.range = PixelRange(rgb_range=rgb_range)
        self.head = conv(3, channels)
        inner = [Cascade(channels, [ResidualBlock(channels, relu_after=True) for _ in range(3)]) for _ in range(3)]
        self.body = Cascade(channels, [*inner])
        n_steps = scale.bit_length() - 1
        self.upsampler = nn.Sequential(
            *(nn.Sequential(conv(channels, 4 * channels), nn.ReLU(), nn.PixelShuffle(2)) for _ in range(n_steps))
        )
        self.tail = conv(channels, 3)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        features = self.body(self.head(self.range.inwards(lr)))  # (b, 64, h, w)
        return self.range.outwards(self.tail(self.upsampler(features)))  # (b, 3, s*h, s*w)

    def start_from(self, smaller: nn.Module) -> list[str]:
        """Grow out of a network of a smaller scale: copy all but its tail; return the names of what stays new.

        Raises:
            BadInput: ``smaller`` is not smaller, or is another network.
        """
        own, given = self.state_dict(), smaller.state_dict()
        if len(given) >= len(own) or any(key not in own or own[key].shape != given[key].shape for key in given):
            raise BadInput(f"Progressive CARN x{self.scale} grows out of the same network at a smaller scale.")
        kept = {key: value for key, value in given.items() if not key.startswith("tail.")}
        self.load_state_dict({**own, **kept})
        return sorted(own.keys() - kept.keys())


CARD = Card(
    title="Progressive CARN (course design)",
    year=2018,
    citation="N. Ahn, B. Kang, K.-A. Sohn, Image Super-Resolution via Progressive Cascading Residual Network, CVPR "
    "Workshops 2018",
    url="https://openaccess.thecvf.com/content_cvpr_2018_workshops/w13/html/"
    "Ahn_Image_Super-Resolution_via_CVPR_2018_paper.html",
    framework="post-upsampling",
    idea="Learn x2, then replace what draws the picture by what draws it twice as large, and go on.",
    lesson="10",
    scales=(2, 4, 8),
    parameters={2: 964_163, 4: 1_111_875, 8: 1_259_587},
    parameters_source="our own design: CARN for one scale (nmhkahn/CARN-pytorch), 147 712 for each doubling; no count "
    "is published",
    tiny={"channels": 16},
    deviations=(
        "the design is ours where the paper does not describe it: CARN's trunk, one upsampling step per growth",
    ),
)

register_model("progressive_carn", CARD)(ProgressiveCARN)
