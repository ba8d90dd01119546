"""Discriminators after the pattern of VGG: convolutions that halve the image, then two dense layers, one logit.

Ledig et al., "Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network", CVPR 2017, figure
4; Wang et al., "ESRGAN: Enhanced Super-Resolution Generative Adversarial Networks", ECCV Workshops 2018.
"""

from __future__ import annotations

from torch import Tensor, nn

from srkit.discriminators._registry import register_discriminator
from srkit.errors import BadInput

__all__ = ["ESRGANDiscriminator", "SRGANDiscriminator"]


@register_discriminator("srgan")
class SRGANDiscriminator(nn.Module):
    """SRGAN's: eight 3x3 convolutions, every second one halves the image; batch normalisation from the second on.

    Differences from the paper: images are in [0, 1] as everywhere here; the last sigmoid is in the loss.

    Args:
        size: side of the images, a multiple of 16; 96 in the paper.
        channels: of the first layer; 64 in the paper, doubled three times.

    Raises:
        BadInput: a size that cannot be halved four times.
    """

    def __init__(self, *, size: int = 96, channels: int = 64) -> None:
        super().__init__()
        _check(size, 16)
        widths = [channels * factor for factor in (1, 1, 2, 2, 4, 4, 8, 8)]
        layers: list[nn.Module] = [nn.Conv2d(3, channels, 3, padding=1), nn.LeakyReLU(0.2)]
        for number in range(1, 8):
            halving = nn.Conv2d(widths[number - 1], widths[number], 3, stride=1 + number % 2, padding=1)
            layers += [halving, nn.BatchNorm2d(widths[number]), nn.LeakyReLU(0.2)]
        self.size = size
        self.features = nn.Sequential(*layers)
        self.verdict = nn.Sequential(
            nn.Flatten(), nn.Linear(widths[-1] * (size // 16) ** 2, 16 * channels), nn.LeakyReLU(0.2),
            nn.Linear(16 * channels, 1),
        )  # fmt: skip

    def forward(self, image: Tensor) -> Tensor:
        """Return logits ``(b, 1)`` of images ``(b, 3, size, size)``."""
        _check_image(image, self.size)
        logits: Tensor = self.verdict(self.features(image))  # (b, 8*channels, size/16, size/16) -> (b, 1)
        return logits


@register_discriminator("esrgan")
class ESRGANDiscriminator(nn.Module):
    """The one of ESRGAN's released code (BasicSR): pairs of a 3x3 and a halving 4x4 convolution, five times.

    Args:
        size: side of the images, a multiple of 32; 128 in the paper.
        channels: of the first layer; 64 in the paper, doubled three times.

    Raises:
        BadInput: a size that cannot be halved five times.
    """

    def __init__(self, *, size: int = 128, channels: int = 64) -> None:
        super().__init__()
        _check(size, 32)
        layers: list[nn.Module] = [nn.Conv2d(3, channels, 3, padding=1), nn.LeakyReLU(0.2)]
        before = channels
        for stage, width in enumerate(channels * factor for factor in (1, 2, 4, 8, 8)):
            if stage:
                layers += [nn.Conv2d(before, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.LeakyReLU(0.2)]
            halving = nn.Conv2d(width, width, 4, stride=2, padding=1, bias=False)
            layers += [halving, nn.BatchNorm2d(width), nn.LeakyReLU(0.2)]
            before = width
        self.size = size
        self.features = nn.Sequential(*layers)
        self.verdict = nn.Sequential(
            nn.Flatten(), nn.Linear(before * (size // 32) ** 2, 100), nn.LeakyReLU(0.2), nn.Linear(100, 1)
        )

    def forward(self, image: Tensor) -> Tensor:
        """Return logits ``(b, 1)`` of images ``(b, 3, size, size)``."""
        _check_image(image, self.size)
        logits: Tensor = self.verdict(self.features(image))  # (b, 8*channels, size/32, size/32) -> (b, 1)
        return logits


def _check(size: int, multiple: int) -> None:
    if size < multiple or size % multiple:
        near = max(multiple, round(size / multiple) * multiple)
        raise BadInput(
            f"This discriminator halves the image until {multiple}x{multiple} pixels are one, so its size is a "
            f"multiple of {multiple}; {size} was given, the nearest is {near}. A fully convolutional one ('patch', "
            "'unet') takes other sizes."
        )


def _check_image(image: Tensor, size: int) -> None:
    if image.shape[-2:] != (size, size):
        raise BadInput(
            f"This discriminator was made for images of {size}x{size} pixels and was given {tuple(image.shape)}: "
            f"create it with size={image.shape[-1]}, or train on patches of {size}."
        )
