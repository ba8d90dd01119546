"""LapSRN, a Laplacian pyramid that is learned and supervised level by level.

W.-S. Lai, J.-B. Huang, N. Ahuja, M.-H. Yang, "Deep Laplacian Pyramid Networks for Fast and Accurate Super-Resolution",
CVPR 2017, 624-632 (IEEE: 5835-5843), https://arxiv.org/abs/1704.03915. The idea in one sentence: double the size
again and again; at each level one path enlarges the image, the other path enlarges the features and predicts what the
image lacks.

Deviations from the paper: the released network (init_LapSRN_model.m) is followed where the text is silent: 3x3
transposed convolutions for the features, whose last row and column are cut, and a learned 4x4 one without bias for
the image. There is no x3; tables make it by shrinking x4. ``bias=False, up_size=4`` is the widely used PyTorch port
twtygqyy/pytorch-LapSRN.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import Prediction, conv, deconv, on_luma, with_chroma
from srkit.models._published import published
from srkit.models._registry import Card, Layout, register_model
from srkit.ops.color import rgb_to_y

__all__ = ["CARD", "LapSRN"]


class Level(nn.Module):
    """One level of figure 1(e): features embedded and doubled, image doubled, the predicted residual added.

    Args:
        channels: feature channels.
        depth: convolutions before the features are doubled.
        bias: whether the feature path adds constants.
        up_size: kernel of the transposed convolution on features.
    """

    def __init__(self, channels: int, depth: int, *, bias: bool, up_size: int) -> None:
        super().__init__()
        self.convs = nn.ModuleList(conv(channels, channels, bias=bias) for _ in range(depth))
        self.up = nn.ConvTranspose2d(channels, channels, up_size, stride=2, padding=(up_size - 2) // 2, bias=bias)
        self.residual = conv(channels, 1, bias=bias)
        self.image = deconv(1, 1, 4, 2, bias=False)
        for layer in (*self.convs, self.up, self.residual):
            nn.init.kaiming_normal_(layer.weight)
        ramp = torch.tensor([0.25, 0.75, 0.75, 0.25])
        with torch.no_grad():
            self.image.weight.copy_(ramp.outer(ramp))  # starts as bilinear

    def forward(self, features: Tensor, luma: Tensor) -> tuple[Tensor, Tensor]:
        """Double ``(b, 64, h, w)`` and ``(b, 1, h, w)`` to ``(b, 64, 2*h, 2*w)`` and ``(b, 1, 2*h, 2*w)``."""
        h, w = luma.shape[-2:]
        for layer in self.convs:
            features = F.leaky_relu(layer(features), 0.2)  # (b, 64, h, w)
        features = F.leaky_relu(self.up(features)[..., : 2 * h, : 2 * w], 0.2)  # (b, 64, 2*h, 2*w)
        return features, self.image(luma) + self.residual(features)  # (b, 1, 2*h, 2*w)


class LapSRN(nn.Module):
    """Figure 1(e): one :class:`Level` for each doubling, on luma.

    Args:
        scale: 2, 4 or 8.
        channels: feature channels.
        depth: convolutions per level; 10, at x8 5, as released, where None.
        bias: whether the feature path adds constants; the authors' does.
        up_size: kernel of the transposed convolution on features; the authors' is 3.

    Raises:
        BadInput: a scale that is no power of two.
    """

    def __init__(
        self, *, scale: int, channels: int = 64, depth: int | None = None, bias: bool = True, up_size: int = 3
    ) -> None:
        super().__init__()
        if scale < 2 or scale & (scale - 1):
            raise BadInput(
                f"LapSRN doubles: x2, x4, x8, not x{scale}. Tables shrink the result of the next larger one."
            )
        self.scale = scale
        layers = depth if depth is not None else 5 if scale == 8 else 10
        self.head = conv(1, channels, bias=bias)
        nn.init.normal_(self.head.weight, std=0.001)  # as released
        self.levels = nn.ModuleList(
            Level(channels, layers, bias=bias, up_size=up_size) for _ in range(scale.bit_length() - 1)
        )

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``; only luma passes through the network."""
        return on_luma(self.enlarge_luma, lr, scale=self.scale)  # (b, 3, s*h, s*w)

    def enlarge_luma(self, luma: Tensor) -> Tensor:
        """Enlarge Y ``(b, 1, h, w)`` to ``(b, 1, scale*h, scale*w)``."""
        return self.pyramid(luma)[-1]

    def pyramid(self, luma: Tensor) -> list[Tensor]:
        """Return the image of every level, ``(b, 1, 2*h, 2*w)``, ``(b, 1, 4*h, 4*w)``, …, from Y ``(b, 1, h, w)``."""
        features, images = F.leaky_relu(self.head(luma), 0.2), [luma]  # (b, 64, h, w)
        for level in self.levels:
            features, image = level(features, images[-1])
            images.append(image)
        return images[1:]

    def predictions(self, lr: Tensor) -> list[Prediction]:
        """Return the images of all levels, each of weight 1 (section 3.2), from ``(b, 3, h, w)``."""
        return [
            Prediction(f"x{scale}", with_chroma(image, lr, scale=scale), scale, 1.0)
            for scale, image in zip((2, 4, 8), self.pyramid(rgb_to_y(lr)), strict=False)
        ]


CARD = Card(
    title="LapSRN",
    year=2017,
    citation="W.-S. Lai, J.-B. Huang, N. Ahuja, M.-H. Yang, Deep Laplacian Pyramid Networks for Fast and Accurate "
    "Super-Resolution, CVPR 2017, 624-632",
    url="https://arxiv.org/abs/1704.03915",
    framework="progressive",
    idea="A pyramid doubles the image level by level, adds a predicted residual at each, and is supervised at each.",
    lesson="03",
    scales=(2, 4, 8),
    parameters={2: 407_441, 4: 814_242, 8: 667_123},
    parameters_source="the authors' weight files; x4 has 812 768 weights, the 812K of tables",
    tiny={"channels": 16, "depth": 2},
    published=published("lapsrn"),
    deviations=("none; where the text is silent the released network is followed",),
    checkpoints="the authors' .mat files in phoenix104104/LapSRN (no licence stated); files of twtygqyy/pytorch-LapSRN "
    "(MIT; pickled networks) have its names",
    luma_only=True,
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    levels = {key.split(".")[1] for key in weights if key.startswith("levels.")}
    return {
        "scale": 2 ** len(levels),
        "channels": weights["head.weight"].shape[0],
        "depth": sum(key.startswith("levels.0.convs.") and key.endswith("weight") for key in weights),
        "bias": "head.bias" in weights,
        "up_size": weights["levels.0.up.weight"].shape[-1],
    }


LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"conv_input\.weight", r"head.weight"),
        *((rf"convt_I{n + 1}\.weight", rf"levels.{n}.image.weight") for n in range(2)),
        *((rf"convt_R{n + 1}\.weight", rf"levels.{n}.residual.weight") for n in range(2)),
        *((rf"convt_F{n + 1}\.0\.cov_block\.20\.weight", rf"levels.{n}.up.weight") for n in range(2)),
        *(
            (rf"convt_F{n + 1}\.0\.cov_block\.{2 * i}\.weight", rf"levels.{n}.convs.{i}.weight")
            for n in range(2)
            for i in range(10)
        ),
    ),
)

register_model("lapsrn", CARD, layout=LAYOUT)(LapSRN)
