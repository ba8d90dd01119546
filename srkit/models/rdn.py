"""RDN, residual dense blocks.

Y. Zhang, Y. Tian, Y. Kong, B. Zhong, Y. Fu, "Residual Dense Network for Image Super-Resolution", CVPR 2018, 2472-2481,
https://arxiv.org/abs/1802.08797. The idea in one sentence: inside a block every layer reads all layers before it, and
at the end the outputs of all blocks are read together.

Deviations from the paper: none known. The sizes are those of the published results (D = 16, C = 8, G = 64, called "B"
in EDSR-PyTorch). As in EDSR-PyTorch, white is 255 inside and no mean colour is subtracted.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import Any

import torch
from torch import Tensor, nn

from srkit.layers import PixelRange, ResidualDenseBlock, conv
from srkit.models._published import published
from srkit.models._registry import Card, Layout, register_model

__all__ = ["CARD", "RDN"]


class RDN(nn.Module):
    """Figure 2: two shallow layers, dense blocks, global fusion with a long skip, upsampler.

    Args:
        scale: enlargement factor.
        channels: feature channels between the blocks, G0 in the paper.
        n_blocks: residual dense blocks, D.
        n_layers: convolutions in each, C.
        growth: channels that each of them adds, and channels of the enlarged features, G.
        rgb_range: the value of white inside the network.
    """

    def __init__(
        self,
        *,
        scale: int,
        channels: int = 64,
        n_blocks: int = 16,
        n_layers: int = 8,
        growth: int = 64,
        rgb_range: float = 255.0,
    ) -> None:
        super().__init__()
        self.scale = scale
        self.range = PixelRange(rgb_range=rgb_range, mean=(0.0, 0.0, 0.0))
        self.head = conv(3, channels)
        self.head2 = conv(channels, channels)
        block = {"growth": growth, "n_layers": n_layers}
        self.body = nn.ModuleList(ResidualDenseBlock(channels, **block) for _ in range(n_blocks))
        self.gather = conv(n_blocks * channels, channels, 1)
        self.body_end = conv(channels, channels)
        steps, wide = ([2, 2] if scale == 4 else [scale]), channels
        layers: list[nn.Module] = []
        for r in steps:
            layers, wide = [*layers, conv(wide, growth * r * r), nn.PixelShuffle(r)], growth
        self.enlarge = nn.Sequential(*layers, conv(growth, 3))

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        shallow = self.head(self.range.inwards(lr))  # (b, 64, h, w)
        features, outputs = self.head2(shallow), []
        for block in self.body:
            features = block(features)
            outputs.append(features)
        deep = shallow + self.body_end(self.gather(torch.cat(outputs, dim=1)))  # (b, 64, h, w)
        return self.range.outwards(self.enlarge(deep))  # (b, 3, s*h, s*w)


CARD = Card(
    title="RDN",
    year=2018,
    citation="Y. Zhang, Y. Tian, Y. Kong, B. Zhong, Y. Fu, Residual Dense Network for Image Super-Resolution, CVPR "
    "2018, 2472-2481",
    url="https://arxiv.org/abs/1802.08797",
    framework="post-upsampling",
    idea="In a block every layer reads all layers before it; at the end all blocks' outputs are read together.",
    lesson="06",
    scales=(2, 3, 4),
    parameters={2: 22_123_395, 3: 22_308_035, 4: 22_271_107},
    parameters_source="EDSR-PyTorch's rdn.py in configuration B",
    tiny={"channels": 16, "n_blocks": 2, "n_layers": 2, "growth": 16},
    published=published("rdn"),
    checkpoints="state dicts of EDSR-PyTorch's RDN (MIT) load as they are; the authors' own are Lua files "
    "(https://github.com/yulunzhang/RDN)",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    grown = [weights[f"enlarge.{i}.weight"] for i in (0, 2, 4) if f"enlarge.{i}.weight" in weights]
    step = isqrt(grown[0].shape[0] // grown[-1].shape[1])
    n_blocks = sum(key.endswith(".fusion.weight") for key in weights)
    return {
        "scale": step ** (len(grown) - 1),
        "channels": weights["head.weight"].shape[0],
        "n_blocks": n_blocks,
        "n_layers": sum(".convs." in key and key.endswith("weight") for key in weights) // n_blocks,
        "growth": weights["body.0.convs.0.weight"].shape[0],
    }


LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"SFENet1\.(.+)", r"head.\1"),
        (r"SFENet2\.(.+)", r"head2.\1"),
        (r"RDBs\.(\d+)\.convs\.(\d+)\.conv\.0\.(.+)", r"body.\1.convs.\2.\3"),
        (r"RDBs\.(\d+)\.LFF\.(.+)", r"body.\1.fusion.\2"),
        (r"GFF\.0\.(.+)", r"gather.\1"),
        (r"GFF\.1\.(.+)", r"body_end.\1"),
        (r"UPNet\.(.+)", r"enlarge.\1"),
    ),
)

register_model("rdn", CARD, layout=LAYOUT)(RDN)
