"""Wavelet-SRNet, a network that predicts the wavelet coefficients of a face.

H. Huang, R. He, Z. Sun, T. Tan, "Wavelet-SRNet: A Wavelet-Based CNN for Multi-Scale Face Super Resolution", ICCV 2017,
1698-1706, https://openaccess.thecvf.com/content_iccv_2017/html/Huang_Wavelet-SRNet_A_Wavelet-Based_ICCV_2017_paper.html.
The idea in one sentence: an image 2^n times as large has 4^n wavelet packets of the small size, so predict those, the
coarse ones and the fine ones by heads of their own, and let the inverse transform enlarge.

Deviations from the paper: none in the network, which is the authors' PyTorch code; the inverse transform is computed
and not read from their file of filters. It was meant for faces; nothing here depends on that.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from srkit.models._registry import Card, Layout, register_model
from srkit.ops.wavelets import synthesise_packets

__all__ = ["CARD", "WaveletSRNet"]

STAGES = (1, 1, 2, 4, 8, 16)
"""Section 3.2: how wide the features are before and after each of five stages, in units of ``channels``."""


class Block(nn.Module):
    """Two convolutions beside a skip; the sum is normalised, and no convolution has a bias.

    Args:
        channels_in: channels read.
        channels_out: channels written; where they differ, the skip is a 1x1 convolution.
        groups: of the first and of the second convolution.
    """

    def __init__(self, channels_in: int, channels_out: int, *, groups: tuple[int, int] = (1, 1)) -> None:
        super().__init__()
        first, second = groups
        self.conv_expand = None
        if channels_in != channels_out:
            self.conv_expand = nn.Conv2d(channels_in, channels_out, 1, bias=False)
        self.conv1 = nn.Conv2d(channels_in, channels_out, 3, padding=1, groups=first, bias=False)
        self.bn1 = nn.BatchNorm2d(channels_out)
        self.conv2 = nn.Conv2d(channels_out, channels_out, 3, padding=1, groups=second, bias=False)
        self.bn2 = nn.BatchNorm2d(channels_out)

    def forward(self, features: Tensor) -> Tensor:
        """Map ``(b, channels_in, h, w)`` to ``(b, channels_out, h, w)``."""
        skip = features if self.conv_expand is None else self.conv_expand(features)  # (b, channels_out, h, w)
        inner = self.bn1(self.conv1(features)).relu_()
        total: Tensor = self.bn2(self.conv2(inner) + skip)
        return total.relu_()


class WaveletSRNet(nn.Module):
    """Figure 3: an embedding at the small size, n + 1 heads for the packets, the fixed inverse transform.

    Args:
        scale: enlargement factor, 2, 4, 8 or 16.
        channels: feature channels of the first stage; the last has 16 times as many.
        head_channels: channels for each group of a head.
    """

    def __init__(self, *, scale: int, channels: int = 64, head_channels: int = 32) -> None:
        super().__init__()
        self.scale = scale
        self.levels = scale.bit_length() - 1
        self.head = nn.Conv2d(3, channels, 3, padding=1, bias=False)
        self.head_norm = nn.BatchNorm2d(channels)
        widths = [channels * factor for factor in STAGES]
        self.body = nn.Sequential(*(nn.Sequential(Block(n, m), Block(m, m)) for n, m in pairwise(widths)))
        groups = [1, *(3 * 4**level for level in range(self.levels))]
        narrow = [head_channels * g for g in groups]
        self.interim = nn.ModuleList(Block(widths[-1], n, groups=(1, g)) for n, g in zip(narrow, groups, strict=True))
        self.wavelet = nn.ModuleList(Block(n, 2 * n, groups=(g, g)) for n, g in zip(narrow, groups, strict=True))
        self.predict = nn.ModuleList(
            nn.Conv2d(2 * n, 3 * g, 3, padding=1, groups=g) for n, g in zip(narrow, groups, strict=True)
        )

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        return synthesise_packets(self.packets(lr), levels=self.levels)  # (b, 3, s*h, s*w)

    def packets(self, lr: Tensor) -> Tensor:
        """Return the wavelet packets of the large image, ``(b, 3 * scale**2, h, w)``, which the paper's losses compare.

        The order is that of :func:`srkit.ops.wavelets.analyse_packets`: the average of each colour comes first.
        """
        features = self.body(self.head_norm(self.head(lr)).relu_())  # (b, 1024, h, w)
        heads = zip(self.interim, self.wavelet, self.predict, strict=True)
        return torch.cat([predict(wavelet(interim(features))) for interim, wavelet, predict in heads], dim=1)


CARD = Card(
    title="Wavelet-SRNet",
    year=2017,
    citation="H. Huang, R. He, Z. Sun, T. Tan, Wavelet-SRNet: A Wavelet-Based CNN for Multi-Scale Face Super "
    "Resolution, ICCV 2017, 1698-1706",
    url="https://openaccess.thecvf.com/content_iccv_2017/html/Huang_Wavelet-SRNet_A_Wavelet-Based_ICCV_2017_paper.html",
    framework="post-upsampling",
    idea="Predict all wavelet packets of the large image at the small size; the inverse transform enlarges.",
    lesson="08",
    scales=(2, 4, 8, 16),
    parameters={2: 46_327_372, 4: 51_353_968, 8: 74_999_296, 16: 226_203_712},
    parameters_source="authors' code, hhb072/WaveletSRNet, networks.py",
    tiny={"channels": 4, "head_channels": 4},
    deviations=("the fixed inverse transform is computed, not read from the authors' file",),
    checkpoints="none public; a state dict of the authors' NetSR loads as it is",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    heads = sum(key.startswith("predict.") and key.endswith(".weight") for key in weights)
    channels, head_channels = weights["head.weight"].shape[0], weights["interim.0.conv1.weight"].shape[0]
    return {"scale": 2 ** (heads - 1), "channels": channels, "head_channels": head_channels}


LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"conv_input\.(.+)", r"head.\1"),
        (r"bn_input\.(.+)", r"head_norm.\1"),
        (r"residual\.(\d)\.(\d)\.(.+)", r"body.\1.\2.\3"),
        (r"interim_(\d)\.(.+)", r"interim.\1.\2"),
        (r"wavelet_(\d)\.0\.(.+)", r"wavelet.\1.\2"),
        (r"predict_(\d)\.(.+)", r"predict.\1.\2"),
    ),
)

register_model("wavelet_srnet", CARD, layout=LAYOUT)(WaveletSRNet)
