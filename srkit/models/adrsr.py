"""ADRSR, which solves a quarter, then a half, then the whole of the image.

Y. Bei, A. Damian, S. Hu, S. Menon, N. Ravi, C. Rudin, "New Techniques for Preserving Global Structure and Denoising
with Low Information Loss in Single-Image Super-Resolution", CVPR Workshops 2018, https://arxiv.org/abs/1805.03383. The
idea in one sentence: make the LR image smaller twice, enlarge the smallest by two, and let each level read the answer
of the level below beside its own image, so that the structure found there is kept.

Deviations from the paper: none in the network, which is the first author's TensorFlow definition
(``MODEL_ADASR.py``): three networks like EDSR, the last of which enlarges to the scale. The result is not clipped, and
an image whose sides are no multiples of 4 is reflected to such. Left out are the companion network for noisy input and
the training on permuted colours, which is no part of the network.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers import ResidualBlock, conv
from srkit.models._registry import Card, register_model
from srkit.ops.pixels import crop_to, pad_to_multiple

__all__ = ["ADRSR", "CARD"]


class Level(nn.Module):
    """Head, residual body with a long skip, a convolution, and sub-pixel layers that go straight to colours.

    Args:
        planes: channels read, an image or an image and the answer of the level below.
        scale: enlargement; 4 takes two steps.
        channels: feature channels.
        n_blocks: residual blocks.
        residual_scale: factor on each residual.
    """

    def __init__(self, planes: int, *, scale: int, channels: int, n_blocks: int, residual_scale: float) -> None:
        super().__init__()
        self.head = conv(planes, channels)
        self.body = nn.Sequential(*(ResidualBlock(channels, residual_scale=residual_scale) for _ in range(n_blocks)))
        self.body_end = conv(channels, channels)
        steps = [2, 2] if scale == 4 else [scale]
        draws = [
            layer for i, r in enumerate(steps) for layer in (conv(3 if i else channels, 3 * r * r), nn.PixelShuffle(r))
        ]
        self.tail = nn.Sequential(conv(channels, channels), *draws)

    def forward(self, planes: Tensor) -> Tensor:
        """Enlarge ``(b, planes, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        shallow = self.head(planes)  # (b, 256, h, w)
        large: Tensor = self.tail(shallow + self.body_end(self.body(shallow)))  # (b, 3, s*h, s*w)
        return large


class ADRSR(nn.Module):
    """Three levels, from a quarter of the image to all of it, and a last convolution.

    Args:
        scale: enlargement factor.
        channels: feature channels.
        n_blocks: residual blocks of each level.
        residual_scale: factor on each residual.
        rgb_range: the value of white inside the network.
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
        self.rgb_range = rgb_range
        self.levels = nn.ModuleList(
            Level(planes, scale=r, channels=channels, n_blocks=n_blocks, residual_scale=residual_scale)
            for planes, r in ((3, 2), (6, 2), (6, scale))
        )
        self.tail = conv(3, 3)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``; the mean colour of each image passes by."""
        h, w = lr.shape[-2:]
        mean = lr.mean((-2, -1), keepdim=True)  # (b, 3, 1, 1)
        whole = self.rgb_range * pad_to_multiple(lr - mean, 4)  # (b, 3, h, w), sides multiples of 4
        half = F.avg_pool2d(whole, 2)  # (b, 3, h/2, w/2)
        answer = self.levels[0](F.avg_pool2d(half, 2))  # (b, 3, h/2, w/2)
        answer = self.levels[1](torch.cat([answer, half], dim=1))  # (b, 3, h, w)
        answer = self.tail(self.levels[2](torch.cat([answer, whole], dim=1)))  # (b, 3, s*h, s*w)
        return crop_to(answer / self.rgb_range, self.scale * h, self.scale * w) + mean  # (b, 3, s*h, s*w)


CARD = Card(
    title="ADRSR",
    year=2018,
    citation="Y. Bei, A. Damian, S. Hu, S. Menon, N. Ravi, C. Rudin, New Techniques for Preserving Global Structure "
    "and Denoising with Low Information Loss in Single-Image Super-Resolution, CVPR Workshops 2018",
    url="https://arxiv.org/abs/1805.03383",
    framework="progressive",
    idea="Enlarge a quarter of the image first; each level reads the answer of the level below beside its own image.",
    lesson="10",
    scales=(2, 3, 4, 8),
    parameters={2: 116_954_232, 3: 116_988_807, 4: 116_954_568, 8: 117_369_132},
    parameters_source="first author's layer list, websterbei/EDSR_tensorflow, MODEL_ADASR.py, by hand at x8: "
    "38 980 108 + 38 987 020 + 39 401 920 + 84",
    tiny={"channels": 16, "n_blocks": 1},
    deviations=(
        "the output is not clipped",
        "any size: the image is reflected to multiples of 4 and the result cut",
        "the companion network for noisy input is left out",
    ),
)

register_model("adrsr", CARD)(ADRSR)
