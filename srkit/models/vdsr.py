"""VDSR, twenty layers that learn only what bicubic misses.

J. Kim, J. K. Lee, K. M. Lee, "Accurate Image Super-Resolution Using Very Deep Convolutional Networks", CVPR 2016,
1646-1654, https://arxiv.org/abs/1511.04587. The idea in one sentence: a deep stack of small convolutions predicts the
difference between the bicubic and the sharp image, and one network serves all scales.

Deviations from the paper: none in the network. Its authors feed luma that was never rounded to 8 bits; from 8-bit
images the same weights lose up to 0.05 dB on Set5. ``colours=3`` is the variant of EDSR-PyTorch, which works on RGB.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import PixelRange, conv, on_luma
from srkit.models._published import published
from srkit.models._registry import Card, Layout, register_model
from srkit.ops.resize import imresize

__all__ = ["CARD", "VDSR"]


class VDSR(nn.Module):
    """Section 3.1, figure 2: a stack of 3x3 convolutions beside one long skip.

    Args:
        scale: enlargement factor; only the bicubic image depends on it.
        channels: channels between the layers.
        depth: number of convolutions, at least 2.
        bias: whether they add a constant.
        colours: 1 works on luma, as the paper does; 3 on RGB around DIV2K's mean, as EDSR-PyTorch does.
        rgb_range: the value of white inside the network; of effect only with 3 colours.

    Raises:
        BadInput: another number of colours, or fewer than 2 layers.
    """

    def __init__(
        self,
        *,
        scale: int,
        channels: int = 64,
        depth: int = 20,
        bias: bool = True,
        colours: int = 1,
        rgb_range: float = 255.0,
    ) -> None:
        super().__init__()
        if colours not in (1, 3) or depth < 2:
            raise BadInput(f"VDSR has 1 or 3 colours and at least 2 layers; given: colours={colours}, depth={depth}.")
        self.scale = scale
        self.range = PixelRange(rgb_range=rgb_range) if colours == 3 else None
        widths = [colours, *[channels] * (depth - 1), colours]
        layers = [conv(*pair, bias=bias) for pair in pairwise(widths)]
        for layer in layers:
            nn.init.kaiming_normal_(layer.weight)  # section 5.2
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
        self.layers = nn.ModuleList(layers)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``; only luma passes through the paper's network."""
        if self.range is None:
            return on_luma(self.enlarge_luma, lr, scale=self.scale)  # (b, 3, s*h, s*w)
        bicubic = imresize(lr, self.scale)  # (b, 3, s*h, s*w)
        return self.range.outwards(self.sharpen(self.range.inwards(bicubic)))

    def enlarge_luma(self, luma: Tensor) -> Tensor:
        """Enlarge Y ``(b, 1, h, w)`` to ``(b, 1, scale*h, scale*w)``."""
        return self.sharpen(imresize(luma, self.scale))  # (b, 1, s*h, s*w)

    def sharpen(self, bicubic: Tensor) -> Tensor:
        """Add the predicted residual to ``(b, colours, s*h, s*w)``, section 3.2; the shape stays."""
        features = bicubic
        for layer in self.layers[:-1]:
            features = layer(features).relu_()  # (b, 64, s*h, s*w)
        residual: Tensor = self.layers[-1](features)  # (b, colours, s*h, s*w)
        return bicubic + residual


CARD = Card(
    title="VDSR",
    year=2016,
    citation="J. Kim, J. K. Lee, K. M. Lee, Accurate Image Super-Resolution Using Very Deep Convolutional Networks, "
    "CVPR 2016, 1646-1654",
    url="https://arxiv.org/abs/1511.04587",
    framework="pre-upsampling",
    idea="Twenty small convolutions predict only the difference between the bicubic and the sharp image.",
    lesson="05",
    scales=(2, 3, 4),
    parameters={2: 665_921, 3: 665_921, 4: 665_921},
    parameters_source="layer list of the paper: 664 704 weights and 1 217 biases, as the authors' weight file holds",
    tiny={"channels": 16, "depth": 4},
    published=published("vdsr"),
    deviations=("the authors' input is luma before rounding to 8 bits; ours is whatever image is given",),
    checkpoints="the authors' weights as converted in huangzehao/caffe-vdsr (MIT): VDSR_Official.mat; retrained as "
    ".mat and .caffemodel; files of twtygqyy/pytorch-vdsr (MIT, no biases; pickled networks) and state dicts of "
    "EDSR-PyTorch's VDSR (MIT, RGB)",
    luma_only=True,
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    first = weights["layers.0.weight"]
    sizes = {
        "channels": first.shape[0],
        "depth": sum(key.startswith("layers.") and key.endswith(".weight") for key in weights),
        "bias": "layers.0.bias" in weights,
        "colours": first.shape[1],
    }
    return sizes if first.shape[1] == 1 else {**sizes, "rgb_range": PixelRange.rgb_range_of(weights)}


LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"body\.(\d+)\.0\.(weight|bias)", r"layers.\1.\2"),
        *((rf"conv{i + 1}\.(weight|bias)", rf"layers.{i}.\1") for i in range(20)),  # Caffe's
        (r"input\.weight", r"layers.0.weight"),
        *((rf"residual_layer\.{i}\.conv\.weight", rf"layers.{i + 1}.weight") for i in range(18)),
        (r"output\.weight", r"layers.19.weight"),
    ),
    ignored=PixelRange.PUBLISHED,
)

register_model("vdsr", CARD, layout=LAYOUT)(VDSR)
