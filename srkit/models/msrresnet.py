"""MSRResNet, the SRResNet that people have: without batch normalisation, on top of the bilinear image.

C. Ledig et al., "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network", CVPR 2017,
https://arxiv.org/abs/1609.04802, as modified in X. Wang et al., BasicSR, 2018, https://github.com/XPixelGroup/BasicSR.
The idea in one sentence: SRResNet with EDSR's residual blocks, which only has to draw what the bilinear image lacks.

Deviations: none in the network; BasicSR begins its training with a tenth of Kaiming's random weights, here it begins as
every network of this project.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import ResidualBlock, conv
from srkit.models._registry import Card, Layout, register_model, score_table

__all__ = ["CARD", "MSRResNet"]


class MSRResNet(nn.Module):
    """Head, residual blocks, one or two sub-pixel steps, two convolutions, and the bilinear image added.

    Args:
        scale: enlargement factor, 2, 3 or 4.
        channels: feature channels.
        n_blocks: residual blocks.

    Raises:
        BadInput: another scale.
    """

    def __init__(self, *, scale: int, channels: int = 64, n_blocks: int = 16) -> None:
        super().__init__()
        if scale not in (2, 3, 4):
            raise BadInput(f"MSRResNet enlarges by 2, 3 or 4 and was asked for x{scale}.")
        self.scale = scale
        self.head = conv(3, channels)
        self.body = nn.Sequential(*(ResidualBlock(channels) for _ in range(n_blocks)))
        steps = (2, 2) if scale == 4 else (scale,)
        self.grow = nn.ModuleList(conv(channels, channels * step * step) for step in steps)
        self.shuffle = nn.PixelShuffle(steps[0])
        self.refine, self.tail = conv(channels, channels), conv(channels, 3)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        large = self.body(F.leaky_relu(self.head(lr), 0.1))  # (b, 64, h, w)
        for layer in self.grow:
            large = F.leaky_relu(self.shuffle(layer(large)), 0.1)  # at x4 (b, 64, 2*h, 2*w), then (b, 64, 4*h, 4*w)
        residual = self.tail(F.leaky_relu(self.refine(large), 0.1))  # (b, 3, s*h, s*w)
        plain = F.interpolate(lr, scale_factor=float(self.scale), mode="bilinear")  # (b, 3, s*h, s*w)
        return residual + plain  # type: ignore[no-any-return]


CARD = Card(
    title="MSRResNet",
    year=2018,
    citation="X. Wang, L. Xie, K. Yu, K. C. K. Chan, C. C. Loy, C. Dong, BasicSR: Open Source Image and Video "
    "Restoration Toolbox, 2018; after C. Ledig et al., CVPR 2017",
    url="https://github.com/XPixelGroup/BasicSR",
    framework="post-upsampling",
    idea="SRResNet with EDSR's residual blocks, which only has to draw what the bilinear image lacks.",
    lesson="05",
    scales=(2, 3, 4),
    parameters={2: 1_369_859, 3: 1_554_499, 4: 1_517_571},
    parameters_source="the layer list of BasicSR's srresnet_arch.py; the same numbers as EDSR's baseline has",
    tiny={"channels": 16, "n_blocks": 2},
    published=score_table(
        "docs/ModelZoo.md, lines 70 to 72, of XPixelGroup/BasicSR at 8d56e3a045f9",
        {
            2: {"set5": (35.7483, 0.9442), "set14": (31.5403, 0.8937), "div2k_valid": (34.6699, 0.9377)},
            3: {"set5": (32.4038, 0.9032), "set14": (28.4418, 0.8106), "div2k_valid": (30.9726, 0.8743)},
            4: {"set5": (30.2468, 0.8651), "set14": (26.7817, 0.7451), "div2k_valid": (28.9967, 0.8195)},
        },
        protocol="RGB, border = scale",
    ),
    checkpoints="BasicSR's and KAIR's (Apache-2.0, MIT) on drives, models of the community; loaded as they are by "
    "srkit.models.load",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    grown, channels = weights["grow.0.weight"].shape[:2]
    return {
        "scale": 4 if "grow.1.weight" in weights else {4: 2, 9: 3}[grown // channels],
        "channels": channels,
        "n_blocks": sum(key.endswith("conv1.weight") for key in weights),
    }


LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"conv_first\.(.+)", r"head.\1"),
        (r"(?:recon_trunk|body)\.(.+)", r"body.\1"),
        (r"upconv1\.(.+)", r"grow.0.\1"),
        (r"upconv2\.(.+)", r"grow.1.\1"),
        (r"(?:HRconv|conv_hr)\.(.+)", r"refine.\1"),
        (r"conv_last\.(.+)", r"tail.\1"),
    ),
)

register_model("msrresnet", CARD, layout=LAYOUT)(MSRResNet)
