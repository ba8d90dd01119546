"""The wavelet residual network of Bae, Yoo and Ye.

W. Bae, J. Yoo, J. C. Ye, "Beyond Deep Residual Learning for Image Restoration: Persistent Homology-Guided Manifold
Simplification", CVPR Workshops 2017, 1141-1149, https://arxiv.org/abs/1611.06345. The idea in one sentence: labels that
form a simpler manifold are easier to learn, and the wavelet bands of a residual are such labels.

Deviations from the paper: the sizes are ours. The authors released demonstrations but neither the networks nor their
definition. Read off from the demonstrations: four Haar bands of the bicubic luma go in, what comes out is subtracted
from them, there are batch normalisation and bypasses over several layers, and tiles overlap by 20 pixels (so about
20 layers). Our choice: 20 convolutions 3x3, 256 channels, a bypass over every six of the middle eighteen.
"""

from __future__ import annotations

from torch import Tensor, nn

from srkit.layers import conv, on_luma
from srkit.models._registry import Card, register_model
from srkit.ops.pixels import crop_to, pad_to_multiple
from srkit.ops.resize import imresize
from srkit.ops.wavelets import analyse, synthesise

__all__ = ["CARD", "WaveletResidual"]

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
    parameters=dict.fromkeys((2, 3, 4), 10_649_348),
    parameters_source="our own design, by hand: 9 472 + 18 x (590 080 + 512) + 9 220; no count is published",
    tiny={"channels": 8, "n_modules": 1},
    deviations=(
        "the design is ours: depth, width and bypasses are not known from the authors' release (iorism/CNN)",
        "any size: the enlarged image is reflected to even sides and cut back",
    ),
    luma_only=True,
    quiet_parameters={"*.conv.bias": "what batch normalisation subtracts again: its gradient is zero but for rounding"},
)

MODULE_LAYERS = 6


class Layer(nn.Module):
    """Convolution, batch normalisation, ReLU.

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
        return normalised.relu_()


class BypassedModule(nn.Module):
    """Six layers and a bypass around them.

    Args:
        channels: in and out.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*(Layer(channels) for _ in range(MODULE_LAYERS)))

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        refined: Tensor = features + self.layers(features)
        return refined


@register_model("wavelet_residual", CARD)
class WaveletResidual(nn.Module):
    """Haar bands, twenty layers that predict their residual, the inverse transform.

    Args:
        scale: enlargement factor; only the bicubic image depends on it.
        channels: channels between the layers.
        n_modules: modules of six layers.
    """

    def __init__(self, *, scale: int, channels: int = 256, n_modules: int = 3) -> None:
        super().__init__()
        self.scale = scale
        self.head = conv(4, channels)
        self.body = nn.Sequential(*(BypassedModule(channels) for _ in range(n_modules)))
        self.tail = conv(channels, 4)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``; only luma passes through the network."""
        return on_luma(self.enlarge_luma, lr, scale=self.scale)  # (b, 3, s*h, s*w)

    def enlarge_luma(self, luma: Tensor) -> Tensor:
        """Enlarge Y ``(b, 1, h, w)`` to ``(b, 1, scale*h, scale*w)``."""
        bicubic = imresize(luma, self.scale)  # (b, 1, s*h, s*w)
        bands = analyse(pad_to_multiple(bicubic, 2))  # (b, 4, s*h/2, s*w/2)
        residual = self.tail(self.body(self.head(bands).relu_()))  # (b, 4, s*h/2, s*w/2)
        return crop_to(synthesise(bands - residual), *bicubic.shape[-2:])  # (b, 1, s*h, s*w)
