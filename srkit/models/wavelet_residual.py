"""The wavelet residual network of Bae, Yoo and Ye.

W. Bae, J. Yoo, J. C. Ye, "Beyond Deep Residual Learning for Image Restoration: Persistent Homology-Guided Manifold
Simplification", CVPR Workshops 2017, 1141-1149, https://arxiv.org/abs/1611.06345. The idea in one sentence: labels that
form a simpler manifold are easier to learn, and the wavelet bands of a residual are such labels.

Deviations from the paper: the authors released demonstrations (iorism/CNN) but not the networks, so the layers are read
off from two sources. The demonstrations: Haar bands of the bicubic image, 12 for RGB in the NTIRE entry and 4 for luma,
go in; what comes out is subtracted from them; tiles overlap by 20 pixels, so there are about 20 layers. A public
TensorFlow port of the NTIRE entry by D.-W. Lee: 20 convolutions of 320 channels, in the middle five modules of three
with a bypass each. The width of the luma network, 256, is our choice.
"""

from __future__ import annotations

from dataclasses import replace

from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import conv, on_luma
from srkit.models._registry import Card, register_model
from srkit.ops.pixels import crop_to, pad_to_multiple
from srkit.ops.resize import imresize
from srkit.ops.wavelets import analyse, synthesise

__all__ = ["CARD", "LUMA", "WaveletResidual"]


class Layer(nn.Module):
    """Convolution and batch normalisation.

    Args:
        channels: in and out.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv = conv(channels, channels)
        self.norm = nn.BatchNorm2d(channels)

    def forward(self, features: Tensor) -> Tensor:
        """Map ``(b, channels, h, w)`` to the same shape."""
        normalised: Tensor = self.norm(self.conv(features))
        return normalised


class BypassedModule(nn.Module):
    """Three layers, a bypass around them, and a ReLU after the sum.

    Args:
        channels: in and out.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(Layer(channels), nn.ReLU(), Layer(channels), nn.ReLU(), Layer(channels))

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        refined: Tensor = features + self.layers(features)
        return refined.relu_()


class WaveletResidual(nn.Module):
    """Haar bands, twenty layers that predict their residual, the inverse transform.

    Args:
        scale: enlargement factor; only the bicubic image depends on it.
        channels: channels between the layers.
        n_modules: modules of three layers.
        colours: 3 works on RGB, 1 on luma.

    Raises:
        BadInput: another number of colours.
    """

    def __init__(self, *, scale: int, channels: int = 320, n_modules: int = 5, colours: int = 3) -> None:
        super().__init__()
        if colours not in (1, 3):
            raise BadInput(f"The wavelet residual network sees 1 or 3 colours; {colours} was given.")
        self.scale = scale
        self.colours = colours
        self.head = nn.Sequential(conv(4 * colours, channels), nn.ReLU(), Layer(channels), nn.ReLU())
        self.body = nn.Sequential(*(BypassedModule(channels) for _ in range(n_modules)))
        self.body_end = nn.Sequential(Layer(channels), nn.ReLU(), Layer(channels), nn.ReLU())
        self.tail = conv(channels, 4 * colours)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        if self.colours == 1:
            return on_luma(self.enlarge, lr, scale=self.scale)  # (b, 3, s*h, s*w)
        return self.enlarge(lr)

    def enlarge(self, image: Tensor) -> Tensor:
        """Enlarge ``(b, colours, h, w)`` to ``(b, colours, scale*h, scale*w)``."""
        bicubic = imresize(image, self.scale)  # (b, colours, s*h, s*w)
        bands = analyse(pad_to_multiple(bicubic, 2))  # (b, 4*colours, s*h/2, s*w/2)
        residual = self.tail(self.body_end(self.body(self.head(bands))))  # (b, 4*colours, s*h/2, s*w/2)
        return crop_to(synthesise(bands - residual), *bicubic.shape[-2:])  # (b, colours, s*h, s*w)


CARD = Card(
    title="Wavelet residual (Bae et al.)",
    year=2017,
    citation="W. Bae, J. Yoo, J. C. Ye, Beyond Deep Residual Learning for Image Restoration: Persistent "
    "Homology-Guided Manifold Simplification, CVPR Workshops 2017, 1141-1149",
    url="https://arxiv.org/abs/1611.06345",
    framework="pre-upsampling",
    idea="The wavelet bands of the residual are a simpler thing to learn than the image.",
    lesson="08",
    scales=(2, 3, 4),
    parameters=dict.fromkeys((2, 3, 4), 16_675_532),
    parameters_source="by hand from a public port of the NTIRE entry: 34 880 + 18 x (921 920 + 640) + 34 572; no count "
    "is published",
    tiny={"channels": 8, "n_modules": 1},
    deviations=(
        "the layers are those of a port by another hand, since the authors' definition is not public",
        "batch normalisation has a factor and a constant, as in MatConvNet; that port has the constant alone",
        "any size: the enlarged image is reflected to even sides and cut back",
    ),
    quiet_parameters={"*.conv.bias": "what batch normalisation subtracts again: its gradient is zero but for rounding"},
)

LUMA = replace(
    CARD,
    title="Wavelet residual, luma (course design after Bae et al.)",
    parameters=dict.fromkeys((2, 3, 4), 10_649_348),
    parameters_source="our own design, by hand: 9 472 + 18 x (590 080 + 512) + 9 220; no count is published",
    deviations=(
        "the design is ours: the NTIRE entry's layers, 256 channels wide, on the four bands of luma",
        "any size: the enlarged image is reflected to even sides and cut back",
    ),
    luma_only=True,
)

register_model("wavelet_residual", CARD)(WaveletResidual)
register_model("wavelet_residual_luma", LUMA, colours=1, channels=256)(WaveletResidual)
