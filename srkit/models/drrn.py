"""DRRN, fifty-two layers made of four.

Y. Tai, J. Yang, X. Liu, "Image Super-Resolution via Deep Recursive Residual Network", CVPR 2017, 3147-3155 (IEEE:
2790-2798), https://openaccess.thecvf.com/content_cvpr_2017/html/Tai_Image_Super-Resolution_via_CVPR_2017_paper.html.
The idea in one sentence: run one residual unit twenty-five times with the same weights, and give every run the same
identity branch.

Deviations from the paper: none; ``drrn_small`` is the course's own size. As in the authors' Caffe definition
(DRRN_B1U25_52C128) activations stand before the weights, the two convolutions are shared by all units and batch
normalisation is not. The PyTorch port jt827859032/DRRN-pytorch is ``norm=False, bias=False, clipped=True``: it has no
normalisation, and its in-place ReLU also clips the identity branch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor, nn

from srkit.layers import conv, on_luma
from srkit.models._published import published
from srkit.models._registry import Card, Layout, register_model, score_table
from srkit.ops.resize import imresize

__all__ = ["CARD", "DRRN"]


class DRRN(nn.Module):
    """DRRN B1U25: one recursive block of ``n_units`` residual units on the bicubic luma.

    Args:
        scale: enlargement factor; only the bicubic image depends on it.
        channels: of the features.
        n_units: U, runs of the residual unit; the paper's smaller network has 9.
        bias: whether convolutions add a constant.
        norm: whether batch normalisation stands before each activation; each run has its own.
        clipped: whether the identity branch passes a ReLU, as an in-place operation makes it do in the port.
    """

    def __init__(
        self,
        *,
        scale: int,
        channels: int = 128,
        n_units: int = 25,
        bias: bool = True,
        norm: bool = True,
        clipped: bool = False,
    ) -> None:
        super().__init__()

        def before(width: int) -> nn.Module:
            return nn.BatchNorm2d(width) if norm else nn.Identity()

        self.scale, self.clipped = scale, clipped
        self.head_norm, self.head = before(1), conv(1, channels, bias=bias)
        self.norms1 = nn.ModuleList(before(channels) for _ in range(n_units))
        self.conv1 = conv(channels, channels, bias=bias)
        self.norms2 = nn.ModuleList(before(channels) for _ in range(n_units))
        self.conv2 = conv(channels, channels, bias=bias)
        self.tail_norm, self.tail = before(channels), conv(channels, 1, bias=bias)
        for layer in (self.head, self.conv1, self.conv2, self.tail):
            nn.init.kaiming_normal_(layer.weight)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``; only luma passes through the network."""
        return on_luma(self.enlarge_luma, lr, scale=self.scale)  # (b, 3, s*h, s*w)

    def enlarge_luma(self, luma: Tensor) -> Tensor:
        """Enlarge Y ``(b, 1, h, w)`` to ``(b, 1, scale*h, scale*w)``."""
        return self.sharpen(imresize(luma, self.scale))  # (b, 1, s*h, s*w)

    def sharpen(self, bicubic: Tensor) -> Tensor:
        """Add the predicted residual to ``(b, 1, s*h, s*w)``; the shape stays."""
        identity = self.head(self.head_norm(bicubic).relu())  # (b, 128, s*h, s*w)
        features = identity = identity.relu() if self.clipped else identity
        for norm1, norm2 in zip(self.norms1, self.norms2, strict=True):
            features = self.conv1(norm1(features).relu())
            features = identity + self.conv2(norm2(features).relu())
        residual: Tensor = self.tail(self.tail_norm(features).relu())  # (b, 1, s*h, s*w)
        return bicubic + residual


CARD = Card(
    title="DRRN",
    year=2017,
    citation="Y. Tai, J. Yang, X. Liu, Image Super-Resolution via Deep Recursive Residual Network, CVPR 2017, "
    "3147-3155",
    url="https://openaccess.thecvf.com/content_cvpr_2017/html/Tai_Image_Super-Resolution_via_CVPR_2017_paper.html",
    framework="pre-upsampling",
    idea="One residual unit run 25 times with the same weights and the same identity branch, beside a global skip.",
    lesson="05",
    scales=(2, 3, 4),
    parameters=dict.fromkeys((2, 3, 4), 310_659),
    parameters_source="tyshiwo/DRRN_CVPR17: 297 216 weights (the 297K of the paper), 385 biases, 13 058 of batch "
    "normalisation",
    tiny={"channels": 16, "n_units": 3},
    published=published("drrn"),
    checkpoints="state dicts of the port jt827859032/DRRN-pytorch; .caffemodel files of the authors' definitions in "
    "tyshiwo/DRRN_CVPR17 (no licence stated: ask the authors)",
    luma_only=True,
)

SMALL = replace(
    CARD,
    title="DRRN small",
    idea="The paper's shorter DRRN, 9 units, of 32 channels, small enough to be trained on a laptop: this course's.",
    parameters=dict.fromkeys((2, 3, 4), 19_105),
    parameters_source="the layer list, 9 units of 32 channels without normalisation: 19 008 weights, 97 biases",
    published=(),
    measured=score_table(
        "data/weights/drrn_small_x2.safetensors, trained on T91 and BSDS200 on a CPU; data/weights/README.md",
        {2: {"set5": (36.25, 0.9523), "set14": (32.24, 0.9042), "b100": (31.10, 0.8840)}},
    ),
    deviations=(
        "32 channels in place of 128, which no paper uses: the course's own size",
        "no batch normalisation: with it, and the same minutes of training, x2 ended 0.2 dB above bicubic on Set5",
    ),
    checkpoints="data/weights in this project",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    norm = "head_norm.weight" in weights
    sizes = {"channels": weights["head.weight"].shape[0], "bias": "head.bias" in weights}
    runs = sum(key.startswith("norms1.") and key.endswith("weight") for key in weights)
    # Without normalisation nothing tells the number of units; without biases it is the port, which clips.
    return {**sizes, "n_units": runs} if norm else {**sizes, "norm": False, "clipped": not sizes["bias"]}


LAYOUT = Layout(
    sizes=_sizes,
    renames=((r"input\.weight", r"head.weight"), (r"output\.weight", r"tail.weight")),
    caffe={
        "(?:bn|scale)_conv1": "head_norm",
        "conv1": "head",
        r"(?:bn|scale)_conv1_(\d+)a": "norms1.{0}",
        r"conv1_\d+a": "conv1",
        r"(?:bn|scale)_conv1_(\d+)b": "norms2.{0}",
        r"conv1_\d+b": "conv2",
        "(?:bn|scale)_conv_end": "tail_norm",
        "conv_end": "tail",
    },
)

register_model("drrn_small", SMALL, layout=LAYOUT, channels=32, n_units=9, norm=False)(DRRN)
register_model("drrn", CARD, layout=LAYOUT)(DRRN)
