"""EDSR, residual blocks without batch normalisation.

B. Lim, S. Son, H. Kim, S. Nah, K. M. Lee, "Enhanced Deep Residual Networks for Single Image Super-Resolution", CVPR
Workshops 2017, 136-144, https://arxiv.org/abs/1707.02921. The idea in one sentence: take batch normalisation out of the
residual block, spend the memory on width, and scale the residuals down so that the wide network can be trained.

Deviations from the paper: the frozen mean shift is a buffer, so it counts no parameters; x3 and x4 start from random
weights unless the caller loads x2 weights first (section 3.2 starts them from the x2 network).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor, nn

from srkit.layers import PixelRange, ResidualBlock, Upsampler, conv
from srkit.models._published import published
from srkit.models._registry import Card, Layout, register_model, score_table

__all__ = ["BASELINE", "CARD", "EDSR", "SMALL"]


class EDSR(nn.Module):
    """Figure 3: head, residual body with a long skip, upsampler, tail.

    Args:
        scale: enlargement factor.
        channels: feature channels.
        n_blocks: residual blocks.
        residual_scale: factor on each residual.
        rgb_range: the value of white inside the network; the released weights have 255.
    """

    def __init__(
        self,
        *,
        scale: int,
        channels: int = 256,
        n_blocks: int = 32,
        residual_scale: float = 0.1,
        rgb_range: float = 255.0,
    ) -> None:
        super().__init__()
        self.scale = scale
        self.range = PixelRange(rgb_range=rgb_range)
        self.head = conv(3, channels)
        self.body = nn.Sequential(*(ResidualBlock(channels, residual_scale=residual_scale) for _ in range(n_blocks)))
        self.body_end = conv(channels, channels)
        self.upsampler = Upsampler(channels, scale)
        self.tail = conv(channels, 3)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        shallow = self.head(self.range.inwards(lr))  # (b, 256, h, w)
        deep = shallow + self.body_end(self.body(shallow))
        large = self.upsampler(deep)  # (b, 256, s*h, s*w)
        return self.range.outwards(self.tail(large))  # (b, 3, s*h, s*w)


CARD = Card(
    title="EDSR",
    year=2017,
    citation="B. Lim, S. Son, H. Kim, S. Nah, K. M. Lee, Enhanced Deep Residual Networks for Single Image "
    "Super-Resolution, CVPR Workshops 2017, 136-144",
    url="https://arxiv.org/abs/1707.02921",
    framework="post-upsampling",
    idea="Residual blocks without batch normalisation, 256 channels wide, residuals scaled by 0.1.",
    lesson="05",
    scales=(2, 3, 4, 8),
    parameters={2: 40_729_603, 3: 43_680_003, 4: 43_089_923, 8: 45_450_243},
    parameters_source="EDSR-PyTorch without its 24 frozen mean-shift numbers (README: 40.7 M, 43.7 M, 43.1 M); "
    "x8 by the same layer list",
    tiny={"channels": 16, "n_blocks": 2},
    published=score_table(
        "EDSR row of Table 2 of Zhang et al., RCAN, ECCV 2018",
        {
            2: {
                "set5": (38.11, 0.9602),
                "set14": (33.92, 0.9195),
                "b100": (32.32, 0.9013),
                "urban100": (32.93, 0.9351),
            },
        },
    )
    + published("edsr"),
    deviations=(
        "the frozen mean shift is a buffer, not 24 parameters",
        "x3, x4 start from random weights unless x2 weights are loaded; the paper always starts them from x2",
        "x8 is not in the paper; the upsampler's third step makes it",
    ),
    checkpoints="https://github.com/thstkdgus35/EDSR-PyTorch (MIT), .pt, loaded as they are by srkit.models.load",
)

BASELINE = replace(
    CARD,
    title="EDSR baseline",
    idea="EDSR's single-scale baseline: 16 residual blocks without batch normalisation, 64 channels.",
    parameters={2: 1_369_859, 3: 1_554_499, 4: 1_517_571, 8: 1_665_283},
    parameters_source="EDSR-PyTorch without its 24 frozen mean-shift numbers (README: 1.37 M, 1.55 M, 1.52 M); "
    "x8 by the same layer list",
    published=(
        *published("edsr_baseline"),
        *score_table(
            "README of thstkdgus35/EDSR-PyTorch, DIV2K 0801-0900",
            {2: {"div2k_valid": (34.61, None)}, 3: {"div2k_valid": (30.92, None)}, 4: {"div2k_valid": (28.95, None)}},
            protocol="RGB, border = scale + 2 as the README says, no self-ensemble",
        ),
    ),
)

SMALL = replace(
    BASELINE,
    title="EDSR small",
    idea="EDSR's baseline with 8 blocks of 32 channels, small enough to be trained on a laptop; this course's size.",
    parameters={2: 195_971, 3: 242_211, 4: 232_963, 8: 269_955},
    parameters_source="the layer list of the baseline with 8 blocks of 32 channels",
    published=(),
    measured=score_table(
        "data/weights/edsr_small_x2.safetensors, trained on T91 and BSDS200 on a CPU; data/weights/README.md",
        {2: {"set5": (37.47, 0.9587), "set14": (33.03, 0.9127), "b100": (31.82, 0.8950)}},
    ),
    deviations=(*CARD.deviations, "8 blocks of 32 channels, which no paper uses: the course's own size"),
    checkpoints="data/weights in this project",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    channels = weights["head.weight"].shape[0]
    n_blocks = sum(key.endswith("conv1.weight") for key in weights)
    return {
        "scale": Upsampler.scale_of(weights, "upsampler"),
        "channels": channels,
        "n_blocks": n_blocks,
        "residual_scale": 0.1 if (channels, n_blocks) == (256, 32) else 1.0,  # a number the weights do not hold
        "rgb_range": PixelRange.rgb_range_of(weights),
    }


LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"head\.0\.(.+)", r"head.\1"),
        (r"body\.(\d+)\.body\.0\.(.+)", r"body.\1.conv1.\2"),
        (r"body\.(\d+)\.body\.2\.(.+)", r"body.\1.conv2.\2"),
        (r"body\.\d+\.(weight|bias)", r"body_end.\1"),
        (r"tail\.0\.(.+)", r"upsampler.\1"),
        (r"tail\.1\.(.+)", r"tail.\1"),
        *PixelRange.BASICSR,
    ),
    ignored=PixelRange.PUBLISHED,
)

register_model("edsr", CARD, layout=LAYOUT)(EDSR)
register_model("edsr_baseline", BASELINE, layout=LAYOUT, channels=64, n_blocks=16, residual_scale=1.0)(EDSR)
register_model("edsr_small", SMALL, layout=LAYOUT, channels=32, n_blocks=8, residual_scale=1.0)(EDSR)
