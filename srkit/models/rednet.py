"""RED-Net, an encoder and a decoder that mirror each other, with skips between the mirror images.

X.-J. Mao, C. Shen, Y.-B. Yang, "Image Restoration Using Very Deep Convolutional Encoder-Decoder Networks with
Symmetric Skip Connections", NIPS 2016, 2802-2810, https://arxiv.org/abs/1603.09056. The idea in one sentence:
convolutions take the image apart, transposed convolutions put it together, and every second one hears the convolution
it mirrors.

Deviations from the paper: none known. The default is RED30 with 128 filters, whose 4 131K weights tables report.
Strides are 1 throughout; the port yjn870/REDNet-pytorch strides in its first layer, sees RGB and has 64 filters, and
is another network.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import conv, deconv, on_luma
from srkit.models._registry import Card, Layout, register_model
from srkit.ops.resize import imresize

__all__ = ["CARD", "REDNet"]


class REDNet(nn.Module):
    """RED30: 15 convolutions, 15 transposed convolutions, symmetric skips, and the input added at the end; on luma.

    Args:
        scale: enlargement factor; only the bicubic image depends on it.
        channels: filters of every layer; the paper has 64 and 128.
        depth: convolutions, and as many transposed ones: 5, 10 and 15 in RED10, RED20 and RED30.
        skip: a skip for every so many layers.

    Raises:
        BadInput: no layer, or no distance between the skips.
    """

    def __init__(self, *, scale: int, channels: int = 128, depth: int = 15, skip: int = 2) -> None:
        super().__init__()
        if depth < 1 or skip < 1:
            raise BadInput(f"RED-Net has at least one layer and one per skip; given: depth={depth}, skip={skip}.")
        self.scale, self.skip = scale, skip
        self.encoder = nn.ModuleList(conv(1 if n == 0 else channels, channels) for n in range(depth))
        self.decoder = nn.ModuleList(
            deconv(channels, 1 if n == depth - 1 else channels, 3, 1, padding=1) for n in range(depth)
        )
        for layer in (*self.encoder, *self.decoder):
            nn.init.kaiming_normal_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``; only luma passes through the network."""
        return on_luma(self.enlarge_luma, lr, scale=self.scale)  # (b, 3, s*h, s*w)

    def enlarge_luma(self, luma: Tensor) -> Tensor:
        """Enlarge Y ``(b, 1, h, w)`` to ``(b, 1, scale*h, scale*w)``."""
        return self.sharpen(imresize(luma, self.scale))  # (b, 1, s*h, s*w)

    def sharpen(self, bicubic: Tensor) -> Tensor:
        """Restore ``(b, 1, s*h, s*w)``; the shape stays.

        Convolution ``n`` and the transposed convolution after which as many layers follow as stood before ``n + 1``
        make features of the same depth; where ``skip`` divides ``n``, the first is added to the second before its
        ReLU.
        """
        features, depth, kept = bicubic, len(self.encoder), {}
        for n, layer in enumerate(self.encoder, 1):
            features = layer(features).relu()  # (b, 128, s*h, s*w)
            kept[n] = features
        for n, layer in zip(range(depth - 1, -1, -1), self.decoder, strict=True):  # n layers follow
            features = layer(features)  # (b, 128, s*h, s*w), at the end (b, 1, s*h, s*w)
            if n and n % self.skip == 0:
                features = features + kept[n]
            features = features.relu() if n else features
        return bicubic + features


CARD = Card(
    title="RED-Net",
    year=2016,
    citation="X.-J. Mao, C. Shen, Y.-B. Yang, Image Restoration Using Very Deep Convolutional Encoder-Decoder Networks "
    "with Symmetric Skip Connections, NIPS 2016, 2802-2810",
    url="https://arxiv.org/abs/1603.09056",
    framework="pre-upsampling",
    idea="Fifteen convolutions and fifteen transposed ones that mirror them, with a skip between every second pair.",
    lesson="05",
    scales=(2, 3, 4),
    parameters=dict.fromkeys((2, 3, 4), 4_134_785),
    parameters_source="layer list of RED30 with 128 filters: 4 131 072 weights (the 4 131K of tables) and 3 713 biases",
    tiny={"channels": 16, "depth": 4},
    checkpoints="none that is the paper's network",
    luma_only=True,
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    return {
        "channels": weights["encoder.0.weight"].shape[0],
        "depth": sum(key.startswith("encoder.") and key.endswith("weight") for key in weights),
    }


LAYOUT = Layout(sizes=_sizes)

register_model("rednet", CARD, layout=LAYOUT)(REDNet)
