"""Dynamic high-pass filtering and multi-spectral attention, after Magid et al.

S. A. Magid, Y. Zhang, D. Wei, W.-D. Jang, Z. Lin, Y. Fu, H. Pfister, "Dynamic High-Pass Filtering and Multi-Spectral
Attention for Image Super-Resolution", ICCV 2021, 4288-4297,
https://openaccess.thecvf.com/content/ICCV2021/html/Magid_Dynamic_High-Pass_Filtering_and_Multi-Spectral_Attention_for_Image_Super-Resolution_ICCV_2021_paper.html.
The idea in one sentence: predict at each pixel a small low-pass kernel and keep what it removes, and weigh channels by
cosine coefficients of their features instead of by their mean alone.

Deviations from the paper: the sizes are ours, the authors' repository holds no code. Both modules stand in each block
of EDSR's baseline: 8 channel groups with 3x3 kernels, as in the adaptive filters of X. Zou et al. (BMVC 2020), whose
result is added with a learned factor that begins at zero; then attention by the 8 lowest frequencies of a 7x7
transform, as in FcaNet (Z. Qin et al., ICCV 2021), each read by an eighth of the channels.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import PixelRange, Upsampler, conv
from srkit.models._registry import Card, register_model
from srkit.ops.dct import dct_matrix
from srkit.ops.pixels import pad

__all__ = ["CARD", "DynamicHighPassSR"]

GRID = 7
FREQUENCIES = ((0, 0), (0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (2, 1), (1, 2))
"""The eight lowest, vertical and horizontal half waves, in the order of FcaNet."""


class DynamicHighPass(nn.Module):
    """Features minus their low-pass, whose kernel is predicted at each pixel and adds up to one.

    Args:
        channels: in and out.
        groups: channels of a group share their kernels.
        size: side of the kernels, odd.
    """

    def __init__(self, channels: int, *, groups: int = 8, size: int = 3) -> None:
        super().__init__()
        self.groups, self.size = groups, size
        self.predict = conv(channels, groups * size**2, bias=False)
        self.norm = nn.BatchNorm2d(groups * size**2)
        self.factor = nn.Parameter(torch.zeros(1))

    def forward(self, features: Tensor) -> Tensor:
        """Return ``factor`` times the high-pass of ``(b, channels, h, w)``; the shape stays."""
        b, channels, h, w = features.shape
        taps = self.norm(self.predict(features)).view(b, self.groups, 1, self.size**2, h, w)  # (b, 8, 1, 9, h, w)
        outside = pad(features, (self.size // 2,) * 4, border="replicate")  # (b, 64, h+2, w+2)
        shares = (b, self.groups, channels // self.groups, self.size**2, h, w)
        seen = F.unfold(outside, self.size).view(shares)  # (b, 8, 8, 9, h, w)
        low: Tensor = (seen * taps.softmax(3)).sum(3).view_as(features)  # (b, 64, h, w)
        return self.factor * (features - low)


def means(parts: int, length: int) -> Tensor:
    """Return the matrix ``(parts, length)`` of means that ``F.adaptive_avg_pool2d`` takes; it exports at any length."""
    part, place = torch.arange(parts)[:, None], torch.arange(length)
    inside = (parts * (place + 1) > part * length) & (parts * place < (part + 1) * length)
    return inside / inside.sum(1, keepdim=True)


class SpectralAttention(nn.Module):
    """Squeeze and excitation whose squeeze is a cosine coefficient, another one for each part of the channels.

    Args:
        channels: in and out, a multiple of the number of frequencies.
        frequencies: vertical and horizontal half waves; (0, 0) alone is ordinary squeeze and excitation.
        reduction: factor by which the inner layer is narrower.

    Raises:
        BadInput: the channels cannot be shared out evenly.
    """

    basis: Tensor

    def __init__(
        self, channels: int, *, frequencies: tuple[tuple[int, int], ...] = FREQUENCIES, reduction: int = 16
    ) -> None:
        super().__init__()
        if channels % len(frequencies):
            raise BadInput(f"{channels} channels cannot be shared out evenly to {len(frequencies)} frequencies.")
        matrix = dct_matrix(GRID, dtype=torch.float64)
        waves = [torch.outer(matrix[v], matrix[h]).tolist() for v, h in frequencies]
        basis = torch.tensor(waves).repeat_interleave(channels // len(frequencies), dim=0)  # (channels, 7, 7)
        self.register_buffer("basis", basis, persistent=False)
        self.squeeze = nn.Linear(channels, channels // reduction, bias=False)
        self.excite = nn.Linear(channels // reduction, channels, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Weigh the channels of ``(b, channels, h, w)``; the shape stays."""
        rows, columns = (means(GRID, side).to(features) for side in features.shape[-2:])  # (7, h), (7, w)
        pooled = rows @ features @ columns.mT  # (b, 64, 7, 7)
        coefficients = (pooled * self.basis).sum((-2, -1))  # (b, 64)
        weights = torch.sigmoid(self.excite(self.squeeze(coefficients).relu()))  # (b, 64)
        return features * weights[..., None, None]  # (b, 64, h, w)


class Block(nn.Module):
    """EDSR's residual block with high-pass and attention behind the second convolution.

    Args:
        channels: in and out.
        reduction: of the attention.
    """

    def __init__(self, channels: int, *, reduction: int) -> None:
        super().__init__()
        self.conv1 = conv(channels, channels)
        self.conv2 = conv(channels, channels)
        self.high_pass = DynamicHighPass(channels)
        self.attention = SpectralAttention(channels, reduction=reduction)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        residual = self.conv2(self.conv1(features).relu_())
        refined: Tensor = features + self.attention(residual + self.high_pass(residual))
        return refined


class DynamicHighPassSR(nn.Module):
    """Head, residual body with a long skip, upsampler, tail.

    Args:
        scale: enlargement factor.
        channels: feature channels, a multiple of 8.
        n_blocks: residual blocks.
        reduction: of the attention.
        rgb_range: the value of white inside the network.
    """

    def __init__(
        self, *, scale: int, channels: int = 64, n_blocks: int = 16, reduction: int = 16, rgb_range: float = 255.0
    ) -> None:
        super().__init__()
        self.scale = scale
        self.range = PixelRange(rgb_range=rgb_range)
        self.head = conv(3, channels)
        self.body = nn.Sequential(*(Block(channels, reduction=reduction) for _ in range(n_blocks)))
        self.body_end = conv(channels, channels)
        self.upsampler = Upsampler(channels, scale)
        self.tail = conv(channels, 3)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        shallow = self.head(self.range.inwards(lr))  # (b, 64, h, w)
        deep = shallow + self.body_end(self.body(shallow))
        return self.range.outwards(self.tail(self.upsampler(deep)))  # (b, 3, s*h, s*w)


CARD = Card(
    title="Dynamic high-pass (course design after Magid et al.)",
    year=2021,
    citation="S. A. Magid et al., Dynamic High-Pass Filtering and Multi-Spectral Attention for Image Super-Resolution, "
    "ICCV 2021, 4288-4297",
    url="https://openaccess.thecvf.com/content/ICCV2021/html/Magid_Dynamic_High-Pass_Filtering_and_Multi-Spectral_"
    "Attention_for_Image_Super-Resolution_ICCV_2021_paper.html",
    framework="post-upsampling",
    idea="Keep what a predicted low-pass kernel removes at each pixel; weigh channels by cosine coefficients.",
    lesson="08",
    scales=(2, 3, 4),
    parameters={2: 2_043_923, 3: 2_228_563, 4: 2_191_635},
    parameters_source="our own design: EDSR's baseline and, in each of 16 blocks, 41 472 + 144 + 1 + 512; no count is "
    "published",
    tiny={"channels": 16, "n_blocks": 2, "reduction": 4},
    deviations=(
        "the design is ours: body, widths, groups, kernel sizes and frequencies are not known from the authors",
    ),
    quiet_parameters={
        "body.*.high_pass.predict.*": "what it predicts is multiplied by a factor that begins at zero",
        "body.*.high_pass.norm.*": "what it normalises is multiplied by a factor that begins at zero",
    },
)

register_model("dynamic_high_pass", CARD)(DynamicHighPassSR)
