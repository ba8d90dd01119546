"""Low-to-High, the second network of Bulat et al.: it learns from small images that another network made.

A. Bulat, J. Yang, G. Tzimiropoulos, "To learn image super-resolution, use a GAN to learn how to do image degradation
first", ECCV 2018, 185-200, https://arxiv.org/abs/1807.11458. The idea in one sentence: real small images have no large
counterpart, so first learn, from unpaired images, to make real-looking small ones (srkit.papers.HighToLow), and train
this network on the pairs that result.

Deviations: a 1x1 convolution that the authors' code declares and never uses is left out. The network works on [-1, 1]
inside, as its tanh requires; images are stretched on the way in and back on the way out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from srkit.layers import conv
from srkit.models._registry import Card, Layout, register_model

__all__ = ["CARD", "LowToHigh"]


class PreactivatedBlock(nn.Module):
    """Normalise, rectify, convolve, twice; the skip is a 1x1 convolution where the width changes.

    Args:
        channels_in: channels read.
        channels_out: channels written.
    """

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.norm1, self.conv1 = nn.BatchNorm2d(channels_in), conv(channels_in, channels_out, bias=False)
        self.norm2, self.conv2 = nn.BatchNorm2d(channels_out), conv(channels_out, channels_out, bias=False)
        self.around = nn.Identity() if channels_in == channels_out else conv(channels_in, channels_out, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Map ``(b, channels_in, h, w)`` to ``(b, channels_out, h, w)``."""
        residual = self.conv1(torch.relu(self.norm1(features)))
        residual = self.conv2(torch.relu(self.norm2(residual)))
        out: Tensor = residual + self.around(features)
        return out


class LowToHigh(nn.Module):
    """Section 3.2: twelve blocks at the size of LR, three at twice that size, two 1x1 layers at four times.

    Args:
        scale: 4.
        channels: at each of the three sizes.
        n_blocks: residual blocks at the first two sizes.
    """

    def __init__(
        self, *, scale: int, channels: tuple[int, int, int] = (256, 128, 96), n_blocks: tuple[int, int] = (12, 3)
    ) -> None:
        super().__init__()
        wide, middle, narrow = channels
        self.scale = scale
        self.head = conv(3, wide, bias=False)
        self.skip = conv(wide, middle, 1)
        self.levels = nn.ModuleList(
            (
                nn.Sequential(*(PreactivatedBlock(wide, wide) for _ in range(n_blocks[0]))),
                nn.Sequential(*(PreactivatedBlock(middle if n else wide, middle) for n in range(n_blocks[1]))),
            )
        )
        self.ups = nn.ModuleList(
            nn.Sequential(
                nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True),
                *(nn.BatchNorm2d(width), nn.ReLU(), nn.ConvTranspose2d(width, width, 1)),
            )
            for width in (wide, middle)
        )
        self.tail = nn.Sequential(
            *(conv(middle, narrow, bias=False), nn.ReLU(), conv(narrow, narrow, 1), nn.ReLU()),
            *(conv(narrow, 3, 1), nn.Tanh()),
        )

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, 4*h, 4*w)`` in [0, 1]."""
        shallow = self.head(2 * lr - 1)  # (b, 256, h, w)
        double = self.ups[0](shallow + self.levels[0](shallow))  # (b, 256, 2*h, 2*w)
        fourfold = self.ups[1](self.skip(double) + self.levels[1](double))  # (b, 128, 4*h, 4*w)
        sr: Tensor = self.tail(fourfold)  # (b, 3, 4*h, 4*w) in [-1, 1]
        return (sr + 1) / 2


CARD = Card(
    title="Low-to-High",
    year=2018,
    citation="A. Bulat, J. Yang, G. Tzimiropoulos, To learn image super-resolution, use a GAN to learn how to do image "
    "degradation first, ECCV 2018, 185-200",
    url="https://arxiv.org/abs/1807.11458",
    framework="post-upsampling",
    idea="Learn to degrade from unpaired images, then learn to enlarge from the pairs this makes.",
    lesson="12",
    scales=(4,),
    parameters={4: 15_478_019},
    parameters_source="GEN_DEEP of jingyang2017/Face-and-Image-super-resolution, less a layer it never uses",
    tiny={"channels": (16, 12, 8), "n_blocks": (1, 1)},
    deviations=("a 1x1 convolution that the authors declare and never use is left out",),
    checkpoints="none public; state dicts of jingyang2017/Face-and-Image-super-resolution (MIT) load as they are",
    bounded="its last layer is a tanh, stretched to [0, 1]",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    blocks = [{key.split(".")[2] for key in weights if key.startswith(f"levels.{n}.")} for n in range(2)]
    return {
        "scale": 4,
        "channels": (
            weights["head.weight"].shape[0],
            weights["skip.weight"].shape[0],
            weights["tail.0.weight"].shape[0],
        ),
        "n_blocks": (len(blocks[0]), len(blocks[1])),
    }


LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"layers_in\.weight", r"head.weight"),
        (r"a1\.0\.(.+)", r"skip.\1"),
        (r"layers_set_final\.(\d)\.(\d+)\.bn([12])\.(.+)", r"levels.\1.\2.norm\3.\4"),
        (r"layers_set_final\.(\d)\.(\d+)\.conv([12])\.(.+)", r"levels.\1.\2.conv\3.\4"),
        (r"layers_set_final\.(\d)\.(\d+)\.skip\.(.+)", r"levels.\1.\2.around.\3"),
        (r"layers_set_final_up\.(\d)\.(\d)\.(.+)", r"ups.\1.\2.\3"),
        (r"main\.(\d)\.(.+)", r"tail.\1.\2"),
    ),
    ignored=(r"a2\..+",),
)  # fmt: skip

register_model("low_to_high", CARD, layout=LAYOUT)(LowToHigh)
