"""DSGAN's discriminator: logits of small patches, from the high frequencies of an image only.

Fritsche, Gu, Timofte, "Frequency Separation for Real-World Super-Resolution", ICCV Workshops 2019, section 3.1.
"""

from __future__ import annotations

from torch import Tensor, nn

from srkit.discriminators._registry import register_discriminator
from srkit.errors import BadInput
from srkit.ops.bands import Edge, high_pass

__all__ = ["HighPassed", "TextureDiscriminator"]


@register_discriminator("texture")
class TextureDiscriminator(nn.Module):
    """A high-pass, three 5x5 convolutions and a last one of 1x1; each logit depends on 13x13 high-passed pixels.

    Args:
        size: side of the images, at least 5.
        channels: of the first layer; doubled twice.
        norm: whether the second and third layer are batch-normalised. The paper's are; a training of minutes learns
            more without.
        gain: what the fast part is multiplied by; 1 in the paper. It is faint, and a larger one is learned sooner.

    Raises:
        BadInput: images smaller than the filter.
    """

    def __init__(self, *, size: int = 128, channels: int = 64, norm: bool = True, gain: float = 1.0) -> None:
        super().__init__()
        if size < 5:
            raise BadInput(f"Images of {size} pixels are smaller than the filter; give 5 or more.")
        c, self.gain = channels, gain
        self.layers = nn.Sequential(
            *(nn.Conv2d(3, c, 5, padding=2), nn.LeakyReLU(0.2)),
            *(nn.Conv2d(c, 2 * c, 5, padding=2), *_normed(2 * c, norm), nn.LeakyReLU(0.2)),
            *(nn.Conv2d(2 * c, 4 * c, 5, padding=2), *_normed(4 * c, norm), nn.LeakyReLU(0.2)),
            nn.Conv2d(4 * c, 1, 1),
        )

    def forward(self, image: Tensor) -> Tensor:
        """Return logits ``(b, 1, h, w)`` of images ``(b, 3, h, w)``."""
        logits: Tensor = self.layers(0.5 + self.gain * (high_pass(image) - 0.5))
        return logits


class HighPassed(nn.Module):
    """Any discriminator, applied to the high frequencies of images: that of ESRGAN-FS.

    Args:
        size: of the mean that is taken away; 9 in the paper's code.
    """

    def __init__(self, net: nn.Module, *, size: int = 9, edge: Edge = "zeros") -> None:
        super().__init__()
        self.net, self.size, self.edge = net, size, edge

    def forward(self, image: Tensor) -> Tensor:
        """Return the logits, ``(b, 1)`` or ``(b, 1, h', w')``, of images ``(b, 3, h, w)``."""
        logits: Tensor = self.net(high_pass(image, self.size, edge=self.edge))
        return logits


def _normed(channels: int, norm: bool) -> list[nn.Module]:
    return [nn.BatchNorm2d(channels)] if norm else []
