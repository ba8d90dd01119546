"""MS-LapSRN, LapSRN with one set of weights for all levels and all recursions.

W.-S. Lai, J.-B. Huang, N. Ahuja, M.-H. Yang, "Fast and Accurate Image Super-Resolution with Deep Laplacian Pyramid
Networks", arXiv 2017; IEEE TPAMI 41(11), 2019, 2599-2613, https://arxiv.org/abs/1710.01992. The idea in one sentence:
apply one small block again and again, within a level and at every level, so that depth and scale cost time but no
parameters.

Deviations from the paper: none; the default is D5R8 with a shared-source skip (SS), the best of the paper. The released
network (init_MSLapSRN_model.m) is followed where the text is silent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import Prediction, conv, deconv, on_luma, with_chroma
from srkit.models._registry import Card, Layout, register_model
from srkit.ops.color import rgb_to_y

__all__ = ["CARD", "MSLapSRN"]


class Embedding(nn.Module):
    """The recursive block: ``depth`` times leaky ReLU and convolution, run again and again.

    Args:
        channels: in and out.
        depth: convolutions in one run.
        n_recursions: runs with the same weights; after each, what the level began with is added (SS).
    """

    def __init__(self, channels: int, depth: int, *, n_recursions: int) -> None:
        super().__init__()
        self.n_recursions = n_recursions
        self.convs = nn.ModuleList(conv(channels, channels) for _ in range(depth))

    def forward(self, source: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        features = source
        for _ in range(self.n_recursions):
            for layer in self.convs:
                features = layer(F.leaky_relu(features, 0.2))
            features = features + source
        return features


class MSLapSRN(nn.Module):
    """A Laplacian pyramid whose levels share everything, on luma.

    Args:
        scale: 2, 4 or 8; only the number of levels depends on it.
        channels: feature channels.
        depth: D, convolutions in the shared block.
        n_recursions: R, runs of the block per level; the authors released 2, 5 and 8.

    Raises:
        BadInput: a scale that is no power of two.
    """

    def __init__(self, *, scale: int, channels: int = 64, depth: int = 5, n_recursions: int = 8) -> None:
        super().__init__()
        if scale < 2 or scale & (scale - 1):
            raise BadInput(
                f"MS-LapSRN doubles: x2, x4, x8, not x{scale}. Tables shrink the result of the next larger one."
            )
        self.scale = scale
        self.head = conv(1, channels)
        self.block = Embedding(channels, depth, n_recursions=n_recursions)
        self.up = nn.ConvTranspose2d(channels, channels, 3, stride=2)
        self.residual = conv(channels, 1)
        self.image = deconv(1, 1, 4, 2, bias=False)
        for layer in (*self.block.convs, self.up, self.residual):
            nn.init.kaiming_normal_(layer.weight)
        nn.init.normal_(self.head.weight, std=0.001)  # as released
        ramp = torch.tensor([0.25, 0.75, 0.75, 0.25])
        with torch.no_grad():
            self.image.weight.copy_(ramp.outer(ramp))  # starts as bilinear

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``; only luma passes through the network."""
        return on_luma(self.enlarge_luma, lr, scale=self.scale)  # (b, 3, s*h, s*w)

    def enlarge_luma(self, luma: Tensor) -> Tensor:
        """Enlarge Y ``(b, 1, h, w)`` to ``(b, 1, scale*h, scale*w)``."""
        return self.pyramid(luma)[-1]

    def pyramid(self, luma: Tensor) -> list[Tensor]:
        """Return the image of every level, ``(b, 1, 2*h, 2*w)``, ``(b, 1, 4*h, 4*w)``, …, from Y ``(b, 1, h, w)``."""
        features, images = self.head(luma), [luma]  # (b, 64, h, w)
        while images[-1].shape[-1] < self.scale * luma.shape[-1]:
            h, w = images[-1].shape[-2:]
            deep = F.leaky_relu(self.block(features), 0.2)
            features = self.up(deep)[..., : 2 * h, : 2 * w]  # (b, 64, 2*h, 2*w)
            images.append(self.image(images[-1]) + self.residual(features))  # (b, 1, 2*h, 2*w)
        return images[1:]

    def predictions(self, lr: Tensor) -> list[Prediction]:
        """Return the images of all levels, each of weight 1, from ``(b, 3, h, w)``."""
        return [
            Prediction(f"x{scale}", with_chroma(image, lr, scale=scale), scale, 1.0)
            for scale, image in zip((2, 4, 8), self.pyramid(rgb_to_y(lr)), strict=False)
        ]


CARD = Card(
    title="MS-LapSRN",
    year=2017,
    citation="W.-S. Lai, J.-B. Huang, N. Ahuja, M.-H. Yang, Fast and Accurate Image Super-Resolution with Deep "
    "Laplacian Pyramid Networks, arXiv 2017; IEEE TPAMI 41(11), 2019, 2599-2613",
    url="https://arxiv.org/abs/1710.01992",
    framework="progressive",
    idea="LapSRN with the same weights at every level and in every recursion: deep, multi-scale and small.",
    lesson="05",
    scales=(2, 4, 8),
    parameters=dict.fromkeys((2, 4, 8), 222_801),
    parameters_source="the authors' weight file; equal for every scale and every number of recursions",
    tiny={"channels": 16, "depth": 2, "n_recursions": 2},
    deviations=("none; where the text is silent the released network is followed",),
    checkpoints="the authors' .mat files in phoenix104104/LapSRN (no licence stated)",
    luma_only=True,
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    return {
        "channels": weights["head.weight"].shape[0],
        "depth": sum(key.startswith("block.convs.") and key.endswith("weight") for key in weights),
    }


LAYOUT = Layout(sizes=_sizes)

register_model("ms_lapsrn", CARD, layout=LAYOUT)(MSLapSRN)
