"""SRCNN, the first convolutional network for super-resolution.

C. Dong, C. C. Loy, K. He, X. Tang, "Image Super-Resolution Using Deep Convolutional Networks", IEEE TPAMI 38(2),
295-307, 2016, https://arxiv.org/abs/1501.00092. The idea in one sentence: enlarge by bicubic interpolation, then let
three convolutions do what sparse coding did: extract patches, map them, and put the image together.

Deviations from the paper: training crops valid convolutions, so its loss never sees a border; here the borders are
replicated, as in the authors' test code (with zeros their weights lose 7 dB on Set5 x4).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers import conv, on_luma
from srkit.models._published import published
from srkit.models._registry import Card, Layout, register_model, score_table
from srkit.ops.resize import imresize

__all__ = ["CARD", "SRCNN"]


class SRCNN(nn.Module):
    """Section 3: patch extraction, non-linear mapping, reconstruction, on luma.

    Args:
        scale: enlargement factor; only the bicubic image depends on it.
        channels: channels after the first and the second convolution.
        sizes: the three kernel sizes; 9-5-5 is the paper's best, 9-1-5 the version of ECCV 2014.
    """

    def __init__(
        self, *, scale: int, channels: tuple[int, int] = (64, 32), sizes: tuple[int, int, int] = (9, 5, 5)
    ) -> None:
        super().__init__()
        first, second = channels
        self.scale = scale
        self.extract = conv(1, first, sizes[0], border="replicate")
        self.map = conv(first, second, sizes[1], border="replicate")
        self.reconstruct = conv(second, 1, sizes[2], border="replicate")

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``; only luma passes through the network."""
        return on_luma(self.enlarge_luma, lr, scale=self.scale)  # (b, 3, s*h, s*w)

    def enlarge_luma(self, luma: Tensor) -> Tensor:
        """Enlarge Y ``(b, 1, h, w)`` to ``(b, 1, scale*h, scale*w)``."""
        bicubic = imresize(luma, self.scale)  # (b, 1, s*h, s*w)
        features = F.relu(self.extract(bicubic))  # (b, 64, s*h, s*w)
        features = F.relu(self.map(features))  # (b, 32, s*h, s*w)
        sharper: Tensor = self.reconstruct(features)  # (b, 1, s*h, s*w)
        return sharper


CARD = Card(
    title="SRCNN",
    year=2014,
    citation="C. Dong, C. C. Loy, K. He, X. Tang, Image Super-Resolution Using Deep Convolutional Networks, "
    "ECCV 2014 and, longer, IEEE TPAMI 38(2), 2016, 295-307",
    url="https://arxiv.org/abs/1501.00092",
    framework="pre-upsampling",
    idea="Three convolutions on the bicubic image extract patches, map them and put the image together.",
    lesson="03",
    scales=(2, 3, 4),
    parameters={2: 57_281, 3: 57_281, 4: 57_281},
    parameters_source="layer list of the paper, 9-5-5: 57 184 weights and 97 biases",
    tiny={"channels": (32, 16), "sizes": (5, 3, 3)},
    published=score_table(
        "SRCNN row of Table 2 of Zhang et al., RCAN, ECCV 2018",
        {
            2: {
                "set5": (36.66, 0.9542),
                "set14": (32.45, 0.9067),
                "b100": (31.36, 0.8879),
                "urban100": (29.50, 0.8946),
            },
        },
    )
    + published("srcnn"),
    deviations=("replicated borders, as in the authors' test code; their training code crops instead",),
    checkpoints="none official in PyTorch; the keys of yjn870/SRCNN-pytorch (conv1, conv2, conv3) are understood",
    luma_only=True,
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    layers = [weights[f"{layer}.weight"] for layer in ("extract", "map", "reconstruct")]
    return {
        "channels": (layers[0].shape[0], layers[1].shape[0]),
        "sizes": tuple(layer.shape[-1] for layer in layers),
    }


LAYOUT = Layout(
    sizes=_sizes,
    renames=((r"conv1\.(.+)", r"extract.\1"), (r"conv2\.(.+)", r"map.\1"), (r"conv3\.(.+)", r"reconstruct.\1")),
)

register_model("srcnn", CARD, layout=LAYOUT)(SRCNN)
