"""ESPCN, the network that enlarges last.

W. Shi, J. Caballero, F. Huszár, J. Totz, A. P. Aitken, R. Bishop, D. Rueckert, Z. Wang, "Real-Time Single Image and
Video Super-Resolution Using an Efficient Sub-Pixel Convolutional Neural Network", CVPR 2016, 1874-1883,
https://arxiv.org/abs/1609.05158. The idea in one sentence: compute on the small image, and let the last convolution
produce scale*scale channels that are reordered into one large channel.

Deviations from the paper: none known; activations are tanh, as in section 3.2 of the paper.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers import conv, on_luma
from srkit.models._published import published
from srkit.models._registry import Card, Layout, register_model

__all__ = ["CARD", "ESPCN"]


class ESPCN(nn.Module):
    """Section 3: two convolutions, one sub-pixel convolution, on luma.

    Args:
        scale: enlargement factor.
        channels: channels after the first and the second convolution.
    """

    def __init__(self, *, scale: int, channels: tuple[int, int] = (64, 32)) -> None:
        super().__init__()
        first, second = channels
        self.scale = scale
        self.extract = conv(1, first, 5)
        self.map = conv(first, second)
        self.pixels = conv(second, scale * scale)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``; only luma passes through the network."""
        return on_luma(self.enlarge_luma, lr, scale=self.scale)  # (b, 3, s*h, s*w)

    def enlarge_luma(self, luma: Tensor) -> Tensor:
        """Enlarge Y ``(b, 1, h, w)`` to ``(b, 1, scale*h, scale*w)``; equations 1 to 4."""
        features = self.extract(luma).tanh()  # (b, 64, h, w)
        features = self.map(features).tanh()  # (b, 32, h, w)
        return F.pixel_shuffle(self.pixels(features), self.scale)  # (b, 1, s*h, s*w)


CARD = Card(
    title="ESPCN",
    year=2016,
    citation="W. Shi et al., Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel "
    "Convolutional Neural Network, CVPR 2016, 1874-1883",
    url="https://arxiv.org/abs/1609.05158",
    framework="post-upsampling",
    idea="Compute on the small image; the last convolution's scale*scale channels are the pixels of the large one.",
    lesson="03",
    scales=(2, 3, 4),
    parameters={2: 21_284, 3: 22_729, 4: 24_752},
    parameters_source="layer list of section 3.2: 5-64, 3-32, 3-scale*scale, with biases",
    tiny={"channels": (16, 8)},
    published=published("espcn"),
    checkpoints="none official; the keys of yjn870/ESPCN-pytorch (first_part, last_part) are understood",
    luma_only=True,
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    first, second = weights["extract.weight"], weights["map.weight"]
    return {"channels": (first.shape[0], second.shape[0]), "scale": isqrt(weights["pixels.weight"].shape[0])}


LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"first_part\.0\.(.+)", r"extract.\1"),
        (r"first_part\.2\.(.+)", r"map.\1"),
        (r"last_part\.0\.(.+)", r"pixels.\1"),
    ),
)

register_model("espcn", CARD, layout=LAYOUT)(ESPCN)
