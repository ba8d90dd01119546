"""MWCNN, a U-Net whose pooling is a wavelet transform.

P. Liu, H. Zhang, K. Zhang, L. Lin, W. Zuo, "Multi-level Wavelet-CNN for Image Restoration", CVPR Workshops 2018,
https://arxiv.org/abs/1805.07071. The idea in one sentence: shrink the features by a wavelet transform, which loses
nothing, and enlarge them by its inverse, so that a network sees far at little cost.

Deviations from the paper: none in the network, which is the authors' definition for MatConvNet with 24 convolutions
(``net_wavelet_haart_24.m``). The skips add wavelet coefficients, as there; the authors' PyTorch version adds features
after the inverse transform, which is the same because the transform is linear and invertible, and has no batch
normalisation (``batch_norm=False``).
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from torch import Tensor, nn

from srkit.layers import conv, on_luma
from srkit.models._registry import Card, Layout, register_model
from srkit.ops.pixels import crop_to, pad_to_multiple
from srkit.ops.resize import imresize
from srkit.ops.wavelets import Wavelet, analyse, synthesise

__all__ = ["CARD", "MWCNN"]

HAAR = Wavelet(low=(0.5**0.5, 0.5**0.5), high=(-(0.5**0.5), 0.5**0.5))
"""The authors take right minus left and lower minus upper; :mod:`srkit.ops.wavelets` has the opposite sign."""


class Block(nn.Module):
    """Section 3.2: convolution, batch normalisation, ReLU.

    Args:
        channels_in: channels read.
        channels_out: channels written.
        batch_norm: whether there is a normalisation between the two.
    """

    def __init__(self, channels_in: int, channels_out: int, *, batch_norm: bool) -> None:
        super().__init__()
        self.conv = conv(channels_in, channels_out)
        nn.init.orthogonal_(self.conv.weight)
        self.norm = nn.BatchNorm2d(channels_out) if batch_norm else nn.Identity()

    def forward(self, features: Tensor) -> Tensor:
        """Map ``(b, channels_in, h, w)`` to ``(b, channels_out, h, w)``."""
        normalised: Tensor = self.norm(self.conv(features))  # (b, channels_out, h, w)
        return normalised.relu_()


class MWCNN(nn.Module):
    """Figure 3: three transforms down, three up, a skip at each level.

    Args:
        scale: enlargement factor; only the bicubic image depends on it.
        channels: feature channels at the three levels.
        n_blocks: blocks on each side of levels 1 and 2 besides those that change the width; twice as many in level 3.
        batch_norm: False is the authors' PyTorch version.
    """

    def __init__(
        self,
        *,
        scale: int,
        channels: tuple[int, int, int] = (160, 256, 256),
        n_blocks: int = 3,
        batch_norm: bool = True,
    ) -> None:
        super().__init__()
        first, second, third = channels
        self.scale = scale

        def level(*widths: int) -> nn.Sequential:
            return nn.Sequential(*(Block(*pair, batch_norm=batch_norm) for pair in pairwise(widths)))

        self.down1 = nn.Sequential(Block(4, first, batch_norm=False), *level(*[first] * (n_blocks + 1)))
        self.down2 = level(4 * first, *[second] * (n_blocks + 1))
        self.deep = level(4 * second, *[third] * (2 * n_blocks + 1), 4 * second)
        self.up2 = level(*[second] * (n_blocks + 1), 4 * first)
        self.up1 = level(*[first] * (n_blocks + 1))
        self.tail = conv(first, 4)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``; only luma passes through the network."""
        return on_luma(self.enlarge_luma, lr, scale=self.scale)  # (b, 3, s*h, s*w)

    def enlarge_luma(self, luma: Tensor) -> Tensor:
        """Enlarge Y ``(b, 1, h, w)`` to ``(b, 1, scale*h, scale*w)``."""
        bicubic = imresize(luma, self.scale)  # (b, 1, s*h, s*w)
        return crop_to(self.restore(pad_to_multiple(bicubic, 8)), *bicubic.shape[-2:])  # (b, 1, s*h, s*w)

    def restore(self, image: Tensor) -> Tensor:
        """Restore ``(b, 1, h, w)`` with sides that are multiples of 8; the shape stays."""
        bands1 = analyse(image, wavelet=HAAR)  # (b, 4, h/2, w/2)
        bands2 = analyse(self.down1(bands1), wavelet=HAAR)  # (b, 640, h/4, w/4)
        bands3 = analyse(self.down2(bands2), wavelet=HAAR)  # (b, 1024, h/8, w/8)
        features2 = synthesise(bands3 + self.deep(bands3), wavelet=HAAR)  # (b, 256, h/4, w/4)
        features1 = synthesise(bands2 + self.up2(features2), wavelet=HAAR)  # (b, 160, h/2, w/2)
        return synthesise(bands1 + self.tail(self.up1(features1)), wavelet=HAAR)  # (b, 1, h, w)


CARD = Card(
    title="MWCNN",
    year=2018,
    citation="P. Liu, H. Zhang, K. Zhang, L. Lin, W. Zuo, Multi-level Wavelet-CNN for Image Restoration, CVPR "
    "Workshops 2018",
    url="https://arxiv.org/abs/1805.07071",
    framework="pre-upsampling",
    idea="A U-Net that shrinks its features by a wavelet transform and enlarges them by the inverse, losing nothing.",
    lesson="08",
    scales=(2, 3, 4),
    parameters=dict.fromkeys((2, 3, 4), 16_158_308),
    parameters_source="authors' layer list (lpj0/MWCNN, net_wavelet_haart_24.m): 16 145 892 of 24 convolutions, as in "
    "lpj0/MWCNN_PyTorch, and 12 416 of batch normalisation",
    tiny={"channels": (8, 8, 8), "n_blocks": 1},
    deviations=("any size: the enlarged image is reflected to multiples of 8 and cut back",),
    checkpoints="the authors' .mat files are not in a public repository; state dicts of lpj0/MWCNN_PyTorch load as "
    "they are",
    luma_only=True,
    quiet_parameters={"*.conv.bias": "what batch normalisation subtracts again: its gradient is zero but for rounding"},
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    channels = tuple(weights[f"{name}.0.conv.weight"].shape[0] for name in ("down1", "down2", "deep"))
    n_blocks = sum(key.startswith("down1.") and key.endswith(".conv.weight") for key in weights) - 1
    return {"channels": channels, "n_blocks": n_blocks, "batch_norm": "down2.0.norm.weight" in weights}


LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"head\.0\.body\.0\.(.+)", r"down1.0.conv.\1"),
        *((rf"d_l1\.{i}\.body\.0\.(.+)", rf"down1.{i + 1}.conv.\1") for i in range(3)),
        (r"d_l2\.(\d+)\.body\.0\.(.+)", r"down2.\1.conv.\2"),
        (r"pro_l3\.(\d+)\.body\.0\.(.+)", r"deep.\1.conv.\2"),
        (r"i_l2\.(\d+)\.body\.0\.(.+)", r"up2.\1.conv.\2"),
        (r"i_l1\.(\d+)\.body\.0\.(.+)", r"up1.\1.conv.\2"),
        (r"tail\.0\.(.+)", r"tail.\1"),
    ),
)

register_model("mwcnn", CARD, layout=LAYOUT)(MWCNN)
