"""SRResNet, and the generator of SRGAN.

C. Ledig, L. Theis, F. Huszar, J. Caballero, A. Cunningham, A. Acosta, A. Aitken, A. Tejani, J. Totz, Z. Wang, W. Shi,
"Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network", CVPR 2017, 4681-4690,
https://arxiv.org/abs/1609.04802. The idea in one sentence: sixteen residual blocks at the size of the input, two
sub-pixel steps, and a loss that asks whether a person would take the result for a photograph.

Deviations from the paper: x2 is ours (one sub-pixel step instead of two). Two readings: the paper does not print
whether its convolutions have biases, here they do; a PReLU has one slope for each layer, not one for each channel.
Published ports differ in more than that (five blocks, instance normalisation, no normalisation), so no weights of
theirs fit.
"""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import conv
from srkit.models._registry import Card, register_model, score_table

__all__ = ["CARD", "SRGAN", "SRResNet"]


class ResidualBlock(nn.Module):
    """Figure 4: convolution, batch normalisation, PReLU, convolution, batch normalisation, skip."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = conv(channels, channels)
        self.norm1 = nn.BatchNorm2d(channels)
        self.activation = nn.PReLU()
        self.conv2 = conv(channels, channels)
        self.norm2 = nn.BatchNorm2d(channels)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        residual = self.activation(self.norm1(self.conv1(features)))
        residual = self.norm2(self.conv2(residual))
        refined: Tensor = features + residual
        return refined


class SRResNet(nn.Module):
    """Figure 4, "Generator Network": head, residual body with a long skip, sub-pixel steps, tail.

    Section 3.2: the input is RGB in [0, 1] and the output in [-1, 1], which is brought back to [0, 1] here.

    Args:
        scale: enlargement factor, a power of two.
        channels: feature channels.
        n_blocks: residual blocks.
    """

    def __init__(self, *, scale: int, channels: int = 64, n_blocks: int = 16) -> None:
        super().__init__()
        if scale < 2 or scale & (scale - 1):
            raise BadInput(f"SRResNet enlarges in steps of 2 and was asked for x{scale}. Choose scale=2 or scale=4.")
        self.scale = scale
        self.head = nn.Sequential(conv(3, channels, 9), nn.PReLU())
        self.body = nn.Sequential(*(ResidualBlock(channels) for _ in range(n_blocks)))
        self.body_end = nn.Sequential(conv(channels, channels), nn.BatchNorm2d(channels))
        steps = range(scale.bit_length() - 1)
        self.enlarge = nn.Sequential(
            *(layer for _ in steps for layer in (conv(channels, 4 * channels), nn.PixelShuffle(2), nn.PReLU()))
        )
        self.tail = conv(channels, 3, 9)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        shallow = self.head(lr)  # (b, 64, h, w)
        deep = shallow + self.body_end(self.body(shallow))
        large = self.enlarge(deep)  # (b, 64, s*h, s*w)
        sr: Tensor = (self.tail(large) + 1) / 2  # (b, 3, s*h, s*w)
        return sr


CARD = Card(
    title="SRResNet",
    year=2017,
    citation="C. Ledig et al., Photo-Realistic Single Image Super-Resolution Using a Generative Adversarial Network, "
    "CVPR 2017, 4681-4690",
    url="https://arxiv.org/abs/1609.04802",
    framework="post-upsampling",
    idea="Sixteen residual blocks with batch normalisation, then sub-pixel steps; trained with squared error.",
    lesson="05",
    scales=(2, 4),
    parameters={2: 1_401_749, 4: 1_549_462},
    parameters_source="layer list of figure 4 with biases, affine batch normalisation and one PReLU slope a layer; the "
    "weights of the convolutions alone are 1 542 528 at x4, which tables print as 1 543K",
    tiny={"channels": 16, "n_blocks": 2},
    deviations=(
        "x2 is not in the paper; it has one sub-pixel step",
        "reading: convolutions have biases (the paper does not say; without them 1 546 771 parameters at x4)",
        "reading: one PReLU slope a layer (with one a channel: 1 550 659 parameters at x4)",
    ),
)

SRGAN = replace(
    CARD,
    title="SRGAN",
    idea="SRResNet trained further against a discriminator and on VGG features, for detail instead of squared error.",
    published=score_table(
        "SRGAN row of Table 2",
        {4: {"set5": (29.40, 0.8472), "set14": (26.02, 0.7397), "b100": (25.16, 0.6688)}},
        protocol="Y, border = 4, SSIM as computed by the authors' code",
    ),
)

register_model("srresnet", CARD)(SRResNet)
register_model("srgan", SRGAN)(SRResNet)
