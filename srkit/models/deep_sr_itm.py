"""Deep SR-ITM, super-resolution and inverse tone mapping learned together.

S. Y. Kim, J. Oh, M. Kim, "Deep SR-ITM: Joint Learning of Super-Resolution and Inverse Tone-Mapping for 4K UHD HDR
Applications", ICCV 2019, 3116-3125, https://arxiv.org/abs/1904.11176. The idea in one sentence: split the picture by a
guided filter into a smooth base and the detail it is multiplied with, and let each path modulate its features by where
in the picture they stand.

What comes out is not an ordinary picture: it is coded for high dynamic range, BT.2020 colours and the PQ curve (SMPTE
ST 2084), 10 bits as [0, 1]. An ordinary display shows it pale.

Deviations from the paper: none in the network, which is the authors' definition for MatConvNet (``net_full.m``). It
maps the Y'CbCr planes of an SDR video to those of an HDR video (:meth:`DeepSRITM.enlarge_planes`); around it stand the
conversions from BT.709 R'G'B' and to BT.2020 R'G'B', in narrow range, since the contract speaks of RGB. The detail is
input over max(base, 1e-4); the authors add the machine epsilon, which in single precision does not hold a zero off.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from srkit.layers import conv
from srkit.models._registry import Card, Score, register_model
from srkit.ops.filters import correlate
from srkit.ops.kernels import box
from srkit.ops.resize import imresize
from srkit.ops.video import rgb_to_video, video_to_rgb

__all__ = ["BASE", "CARD", "DeepSRITM"]


def guided_base(planes: Tensor, *, size: int = 5, eps: float = 0.01) -> Tensor:
    """Smooth ``(…, h, w)`` by the guided filter that is its own guide; edges stronger than ``sqrt(eps)`` stay.

    He, Sun, Tang, "Guided Image Filtering", ECCV 2010. ``size`` is the side of the box, as in the authors' code, where
    it is called r.
    """

    def mean(values: Tensor) -> Tensor:
        return correlate(values, box(size), border="replicate")

    average = mean(planes)
    variance = mean(planes.square()) - average.square()
    slope = variance / (variance + eps)
    return mean(slope) * planes + mean(average - slope * average)  # (…, h, w)


class Modulator(nn.Module):
    """Spatially variant modulation: what is shared by the blocks of a path, and a factor for each modulated block.

    Args:
        channels: feature channels.
        n_blocks: modulated blocks.
    """

    def __init__(self, channels: int, n_blocks: int) -> None:
        super().__init__()
        self.shared = nn.ModuleList([conv(6, channels), conv(channels, channels), conv(channels, channels)])
        self.factors = nn.ModuleList(
            nn.Sequential(conv(channels, channels), nn.ReLU(), conv(channels, channels)) for _ in range(n_blocks)
        )

    def forward(self, pair: Tensor) -> list[Tensor]:
        """Return a factor ``(b, channels, h, w)`` for each modulated block, from a pair ``(b, 6, h, w)``."""
        features = pair
        for layer in self.shared:
            features = layer(features).relu()  # (b, 64, h, w)
        return [factor(features) for factor in self.factors]


class Block(nn.Module):
    """Figure 4: ReLU, convolution, ReLU, convolution; the residual may be multiplied before it is added.

    Args:
        channels: in and out.
        joined: read the features of the base path, too.
    """

    def __init__(self, channels: int, *, joined: bool = False) -> None:
        super().__init__()
        self.reduce = conv(2 * channels, channels, 1) if joined else None
        self.conv1 = conv(channels, channels)
        self.conv2 = conv(channels, channels)

    def forward(self, features: Tensor, base: Tensor | None = None, factor: Tensor | None = None) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        active = features.relu() if base is None else torch.cat([base, features], dim=1).relu()  # (b, 64 or 128, h, w)
        reduced = active if self.reduce is None else self.reduce(active)  # (b, 64, h, w)
        residual: Tensor = self.conv2(self.conv1(reduced).relu())
        return features + (residual if factor is None else residual * factor)


class DeepSRITM(nn.Module):
    """Figure 3: a base path, a detail path that reads the base path, fusion, ten blocks, sub-pixel layers, bicubic.

    Args:
        scale: enlargement factor, 2 or 4.
        channels: feature channels.
        n_blocks: blocks behind the fusion.
        modulated: False is the network that is trained first.
    """

    def __init__(self, *, scale: int, channels: int = 64, n_blocks: int = 10, modulated: bool = True) -> None:
        super().__init__()
        self.scale = scale
        self.base_head, self.detail_head = conv(6, channels), conv(6, channels)
        self.base_modulator = Modulator(channels, 3) if modulated else None
        self.detail_modulator = Modulator(channels, 3) if modulated else None
        self.base_path = nn.ModuleList(Block(channels) for _ in range(6))
        self.detail_path = nn.ModuleList(Block(channels, joined=i > 0) for i in range(6))
        self.fuse = nn.Sequential(nn.ReLU(), conv(2 * channels, channels, 1), conv(channels, channels))
        self.body = nn.ModuleList(Block(channels) for _ in range(n_blocks))
        step = [conv(channels, 4 * channels), nn.ReLU(), nn.PixelShuffle(2)]
        further = [conv(channels, 4 * channels), nn.ReLU(), nn.PixelShuffle(2)] if scale == 4 else []
        self.upsampler = nn.Sequential(nn.ReLU(), conv(channels, channels), nn.ReLU(), *step, *further)
        self.tail = conv(channels, 3)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge BT.709 ``(b, 3, h, w)`` to BT.2020 under PQ ``(b, 3, scale*h, scale*w)``."""
        planes = self.enlarge_planes(rgb_to_video(lr, standard="bt709", bits=8))  # (b, 3, s*h, s*w)
        return video_to_rgb(planes, standard="bt2020", bits=10)

    def enlarge_planes(self, planes: Tensor) -> Tensor:
        """Enlarge SDR Y'CbCr over 255 ``(b, 3, h, w)`` to HDR Y'CbCr over 1023 ``(b, 3, scale*h, scale*w)``."""
        smooth = guided_base(planes)  # (b, 3, h, w)
        base_pair = torch.cat([planes, smooth], dim=1)  # (b, 6, h, w)
        detail_pair = torch.cat([planes, planes / smooth.clamp_min(1e-4)], dim=1)  # (b, 6, h, w)
        features = self.fuse(torch.cat(self.two_paths(base_pair, detail_pair), dim=1))  # (b, 64, h, w)
        for block in self.body:
            features = block(features)
        residual: Tensor = self.tail(self.upsampler(features))  # (b, 3, s*h, s*w)
        return imresize(planes, self.scale) + residual

    def two_paths(self, base_pair: Tensor, detail_pair: Tensor) -> tuple[Tensor, Tensor]:
        """Return the features of both paths, ``(b, channels, h, w)`` each; every second block is modulated."""
        nothing = [None] * 3
        base_factors = nothing if self.base_modulator is None else self.base_modulator(base_pair)
        detail_factors = nothing if self.detail_modulator is None else self.detail_modulator(detail_pair)
        base, detail = self.base_head(base_pair), self.detail_head(detail_pair)
        for i, (for_base, for_detail) in enumerate(zip(self.base_path, self.detail_path, strict=True)):
            beside = base if i > 0 else None
            factor = detail_factors[i // 2] if i % 2 else None
            detail = for_detail(detail, beside, factor)
            base = for_base(base, None, base_factors[i // 2] if i % 2 else None)
        return base, detail


HDR: dict[str, Any] = {
    "dataset": "sr_itm_4k",
    "source": "comment in the authors' test_yuv.m, sooyekim/Deep-SR-ITM",
    "protocol": "Y'CbCr under PQ, 10 bits over 1023, whole image, 28 frames of 3840x2160",
}

CARD = Card(
    title="Deep SR-ITM",
    year=2019,
    citation="S. Y. Kim, J. Oh, M. Kim, Deep SR-ITM: Joint Learning of Super-Resolution and Inverse Tone-Mapping for "
    "4K UHD HDR Applications, ICCV 2019, 3116-3125",
    url="https://arxiv.org/abs/1904.11176",
    framework="post-upsampling",
    idea="A smooth base and the detail on it go two ways and are modulated by place; large HDR (BT.2020, PQ) out.",
    lesson="10",
    scales=(2, 4),
    parameters={2: 2_502_595, 4: 2_650_307},
    parameters_source="authors' layer list, sooyekim/Deep-SR-ITM, net_full.m and net_full_x4.m",
    tiny={"channels": 8, "n_blocks": 1},
    published=(Score(scale=2, psnr=35.5966, ssim=0.9833, **HDR), Score(scale=4, psnr=33.69, ssim=0.9657, **HDR)),
    deviations=(
        "the output is R'G'B' in BT.2020 colours under the PQ curve, 10 bits as [0, 1]: not for an ordinary display",
        "BT.709 R'G'B' is turned into Y'CbCr on the way in, BT.2020 Y'CbCr into R'G'B' on the way out, narrow range",
        "detail is input / max(base, 1e-4), not input / (base + machine epsilon), which fails in single precision",
    ),
    checkpoints="the authors' x2.mat and x4.mat are named in sooyekim/Deep-SR-ITM but could not be had; no reader",
)

BASE = replace(
    CARD,
    title="Deep SR-ITM base",
    idea="Deep SR-ITM without modulation, which is trained first and from which the full network starts.",
    parameters={2: 1_904_707, 4: 2_052_419},
    parameters_source="authors' layer list, sooyekim/Deep-SR-ITM, net_base.m and net_base_x4.m",
    published=(),
)

register_model("deep_sr_itm", CARD)(DeepSRITM)
register_model("deep_sr_itm_base", BASE, modulated=False)(DeepSRITM)
