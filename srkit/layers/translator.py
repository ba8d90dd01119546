"""CinCGAN's generators: networks that turn small images of one kind into images of another.

Y. Yuan, S. Liu, J. Zhang, Y. Zhang, C. Dong, L. Lin, "Unsupervised Image Super-Resolution using Cycle-in-Cycle
Generative Adversarial Networks", CVPR Workshops 2018, figure 3. The network of that name cleans with one of them, and
its training has three.
"""

from __future__ import annotations

from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers.conv import conv

__all__ = ["Translator"]


class TranslatorBlock(nn.Module):
    """Convolution and leaky ReLU, twice, and the skip."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            conv(channels, channels), nn.LeakyReLU(0.2), conv(channels, channels), nn.LeakyReLU(0.2)
        )

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        residual: Tensor = self.layers(features)
        return features + residual


class Translator(nn.Module):
    """The generators of figure 3: G1 and G2, which keep the size, and G3, which reduces.

    Args:
        reduces: 1 keeps the size (G1, G2); 4 is G3, with two convolutions 4x4 of stride 2; 2 has one of them.
        channels: of every layer.
        n_blocks: residual blocks.
        skip: let the network predict what is added to the image. The paper's does not; a training of minutes needs it.

    Raises:
        BadInput: another ``reduces``, or a skip where the size changes.
    """

    def __init__(self, *, reduces: int = 1, channels: int = 64, n_blocks: int = 6, skip: bool = False) -> None:
        super().__init__()
        if reduces not in (1, 2, 4) or (skip and reduces != 1):
            raise BadInput(f"reduces={reduces}, skip={skip}: a translator reduces 1, 2 or 4 times; 1 may have a skip.")
        self.reduces, self.skip, c = reduces, skip, channels
        strides = {1: (1, 1), 2: (2, 1), 4: (2, 2)}[reduces]
        self.layers = nn.Sequential(
            *(conv(3, c, 7), nn.LeakyReLU(0.2)),
            *(part for s in strides for part in (nn.Conv2d(c, c, s + 2, s, 1), nn.LeakyReLU(0.2))),
            *(TranslatorBlock(c) for _ in range(n_blocks)),
            *(conv(c, c), nn.LeakyReLU(0.2), conv(c, c), nn.LeakyReLU(0.2), conv(c, 3, 7)),
        )

    def forward(self, image: Tensor) -> Tensor:
        """Translate ``(b, 3, h, w)`` to ``(b, 3, h/reduces, w/reduces)``."""
        made: Tensor = self.layers(image)
        return image + made if self.skip else made
