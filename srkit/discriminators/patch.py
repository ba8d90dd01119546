"""PatchGAN: one logit for every patch of 70x70 pixels.

Isola, Zhu, Zhou, Efros, "Image-to-Image Translation with Conditional Adversarial Networks", CVPR 2017, section 3.2.2.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from srkit.discriminators._registry import register_discriminator
from srkit.errors import BadInput

__all__ = ["PatchDiscriminator"]

Norm = Literal["batch", "instance", "spectral"]


@register_discriminator("patch")
class PatchDiscriminator(nn.Module):
    """4x4 convolutions of stride 2, then two of stride 1; the logits form a small image.

    Args:
        size: side of the images; at least what one logit needs.
        channels: of the first layer; doubled up to eight times as many.
        depth: layers that halve the image. One logit sees 70 pixels with 3, 34 with 2, 16 with 1.
        norm: ``"batch"`` (pix2pix), ``"instance"`` (CycleGAN) or ``"spectral"`` (KAIR's for BSRGAN); never on the first
            and the last layer, except ``"spectral"``, which is on all.
        stride: of the layers that halve; with 1 none does, and one logit sees 16 pixels with 3 (CinCGAN's on small
            images).

    Raises:
        BadInput: images too small for one logit, no such norm, or no layer.
    """

    def __init__(
        self, *, size: int = 96, channels: int = 64, depth: int = 3, norm: Norm = "spectral", stride: int = 2
    ) -> None:
        super().__init__()
        if norm not in ("batch", "instance", "spectral"):
            raise BadInput(f"norm={norm!r} is not known here: 'batch', 'instance' or 'spectral'.")
        if depth < 1 or size < 3 * stride**depth:
            raise BadInput(f"depth={depth} halvings of {size} pixels leave nothing to see: give fewer, or 1.")
        widths = [channels * min(2**number, 8) for number in range(depth + 1)]
        layers = [_normed(nn.Conv2d(3, channels, 4, stride=stride, padding=1), norm, outer=True), nn.LeakyReLU(0.2)]
        for number in range(1, depth + 1):
            by = stride if number < depth else 1
            middle = nn.Conv2d(widths[number - 1], widths[number], 4, by, 1, bias=norm != "batch")
            layers += [_normed(middle, norm), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, _normed(nn.Conv2d(widths[-1], 1, 4, padding=1), norm, outer=True))

    def forward(self, image: Tensor) -> Tensor:
        """Return logits ``(b, 1, h/2^depth - 2, w/2^depth - 2)`` of images ``(b, 3, h, w)``."""
        logits: Tensor = self.layers(image)
        return logits


def _normed(layer: nn.Conv2d, norm: Norm, *, outer: bool = False) -> nn.Module:
    if norm == "spectral":
        return spectral_norm(layer)
    if outer:
        return layer
    channels = layer.out_channels
    return nn.Sequential(layer, nn.BatchNorm2d(channels) if norm == "batch" else nn.InstanceNorm2d(channels))
