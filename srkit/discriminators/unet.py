"""The U-Net discriminator of Real-ESRGAN: a logit for every pixel, from near and far.

Wang, Xie, Dong, Shan, "Real-ESRGAN: Training Real-World Blind Super-Resolution with Pure Synthetic Data", ICCV
Workshops 2021, section 3.3; spectral normalisation after Miyato et al., ICLR 2018.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from srkit.discriminators._registry import register_discriminator
from srkit.errors import BadInput

__all__ = ["UNetDiscriminator"]


@register_discriminator("unet")
class UNetDiscriminator(nn.Module):
    """Three halvings, three bilinear doublings with sums across, three more convolutions.

    Args:
        size: side of the images, at least 8; multiples of 8 need no padding.
        channels: of the first layer; 64 in the paper.
    """

    def __init__(self, *, size: int = 256, channels: int = 64) -> None:
        super().__init__()
        if size < 8:
            raise BadInput(f"Images of {size} pixels cannot be halved three times; this discriminator needs 8 or more.")
        c = channels
        self.head = nn.Conv2d(3, c, 3, padding=1)
        self.down = nn.ModuleList(_spectral(c * 2**k, c * 2 ** (k + 1), 4, stride=2) for k in range(3))
        self.up = nn.ModuleList(_spectral(c * 2 ** (k + 1), c * 2**k, 3) for k in (2, 1, 0))
        self.tail = nn.Sequential(
            _spectral(c, c, 3), nn.LeakyReLU(0.2), _spectral(c, c, 3), nn.LeakyReLU(0.2), nn.Conv2d(c, 1, 3, padding=1)
        )

    def forward(self, image: Tensor) -> Tensor:
        """Return logits ``(b, 1, h, w)`` of images ``(b, 3, h, w)``."""
        h, w = image.shape[-2:]
        padded = F.pad(image, (0, -w % 8, 0, -h % 8), mode="replicate")  # (b, 3, 8*rows, 8*columns)
        features = F.leaky_relu(self.head(padded), 0.2)
        across: list[Tensor] = []
        for layer in self.down:
            across.append(features)
            features = F.leaky_relu(layer(features), 0.2)  # (b, 2*c, h/2, w/2)
        for layer in self.up:
            larger = F.interpolate(features, scale_factor=2.0, mode="bilinear", align_corners=False)  # (b, c, 2*h, 2*w)
            features = F.leaky_relu(layer(larger), 0.2) + across.pop()  # (b, c/2, 2*h, 2*w)
        logits: Tensor = self.tail(features)[..., :h, :w]  # (b, 1, h, w)
        return logits


def _spectral(channels_in: int, channels_out: int, size: int, *, stride: int = 1) -> nn.Module:
    return spectral_norm(nn.Conv2d(channels_in, channels_out, size, stride, padding=1, bias=False))
