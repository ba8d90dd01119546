"""The residual discriminator of Bulat et al., with spectral normalisation on every layer.

Bulat, Yang, Tzimiropoulos, "To learn image super-resolution, use a GAN to learn how to do image degradation first",
ECCV 2018, section 3; spectral normalisation after Miyato et al., ICLR 2018.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from srkit.discriminators._registry import register_discriminator
from srkit.errors import BadInput

__all__ = ["ResidualDiscriminator"]


class HalvingBlock(nn.Module):
    """Two convolutions and a mean over 2x2 pixels where it halves; the way around has a 1x1 convolution then.

    Args:
        channels_in: channels read; 3 means an image, which is not rectified first.
    """

    def __init__(self, channels_in: int, channels_out: int, *, halve: bool) -> None:
        super().__init__()
        first = [] if channels_in == 3 else [nn.ReLU()]
        pool = [nn.AvgPool2d(2)] if halve else []
        self.main = nn.Sequential(
            *first, _spectral(channels_in, channels_out, 3), nn.ReLU(), _spectral(channels_out, channels_out, 3), *pool
        )
        self.around = nn.Sequential(*([_spectral(channels_in, channels_out, 1)] if halve else []), *pool)

    def forward(self, features: Tensor) -> Tensor:
        """Map ``(b, channels_in, h, w)`` to ``(b, channels_out, h, w)``, or half of h and w."""
        out: Tensor = self.main(features) + self.around(features)
        return out


@register_discriminator("residual")
class ResidualDiscriminator(nn.Module):
    """Five residual blocks that halve the image down to 4x4 pixels, their mean, one logit.

    Args:
        size: side of the images: 8, 16, 32, 64 or 128.
        channels: of every layer.

    Raises:
        BadInput: another size.
    """

    def __init__(self, *, size: int = 64, channels: int = 128) -> None:
        super().__init__()
        if size not in (8, 16, 32, 64, 128):
            raise BadInput(f"Images of {size} pixels cannot be halved to 4x4 by up to five blocks: give 8, 16, …, 128.")
        self.size, halvings = size, size.bit_length() - 3
        blocks = [HalvingBlock(3 if n == 0 else channels, channels, halve=n < halvings) for n in range(5)]
        self.blocks = nn.Sequential(*blocks, nn.ReLU(), nn.AvgPool2d(4), nn.Flatten())
        self.verdict = spectral_norm(nn.Linear(channels, 1))

    def forward(self, image: Tensor) -> Tensor:
        """Return logits ``(b, 1)`` of images ``(b, 3, size, size)``."""
        if image.shape[-2:] != (self.size, self.size):
            raise BadInput(f"Made for images of {self.size}x{self.size} pixels, given {tuple(image.shape)}.")
        logits: Tensor = self.verdict(self.blocks(image))  # (b, channels) -> (b, 1)
        return logits


def _spectral(channels_in: int, channels_out: int, size: int) -> nn.Module:
    layer = nn.Conv2d(channels_in, channels_out, size, padding=size // 2)
    nn.init.xavier_uniform_(layer.weight, 1.0 if size == 3 else 2**0.5)
    return spectral_norm(layer)
