"""FSRCNN, the network that shrinks before it maps and enlarges last.

C. Dong, C. C. Loy, X. Tang, "Accelerating the Super-Resolution Convolutional Neural Network", ECCV 2016, 391-407,
https://arxiv.org/abs/1608.00367. The idea in one sentence: do all the work on the small image with few channels, and
let a transposed convolution, the only layer that depends on the scale, draw the large one.

Deviations from the paper: none known. The paper writes the network FSRCNN(d, s, m); here d is ``channels``, s is
``shrunk`` and m is ``depth``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor, nn

from srkit.layers import conv, deconv, on_luma
from srkit.models._registry import Card, Layout, register_model, score_table

__all__ = ["CARD", "FSRCNN", "SMALL"]


def _layer(channels_in: int, channels_out: int, size: int) -> tuple[nn.Conv2d, nn.PReLU]:
    """Return a convolution and a PReLU with one slope per channel, section 3.2; He's initialisation."""
    layer = conv(channels_in, channels_out, size)
    nn.init.kaiming_normal_(layer.weight, mode="fan_out")
    nn.init.zeros_(layer.bias)  # type: ignore[arg-type]  # this one has a bias
    return layer, nn.PReLU(channels_out)


class FSRCNN(nn.Module):
    """Section 3.2: extract, shrink, map, expand, and a 9x9 transposed convolution, on luma.

    Everything but the transposed convolution is the same at every scale, so a network for x3 can start from one for x2
    (section 3.4).

    Args:
        scale: enlargement factor, the stride of the last layer.
        channels: d, channels of the first and the last features.
        shrunk: s, channels between them.
        depth: m, number of mapping layers.
    """

    def __init__(self, *, scale: int, channels: int = 56, shrunk: int = 12, depth: int = 4) -> None:
        super().__init__()
        self.scale = scale
        self.extract = nn.Sequential(*_layer(1, channels, 5))
        mapping = (layer for _ in range(depth) for layer in _layer(shrunk, shrunk, 3))
        self.middle = nn.Sequential(*_layer(channels, shrunk, 1), *mapping, *_layer(shrunk, channels, 1))
        self.draw = deconv(channels, 1, 9, scale, padding=4)
        nn.init.normal_(self.draw.weight, std=0.001)
        nn.init.zeros_(self.draw.bias)  # type: ignore[arg-type]  # this one has a bias

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``; only luma passes through the network."""
        return on_luma(self.enlarge_luma, lr, scale=self.scale)  # (b, 3, s*h, s*w)

    def enlarge_luma(self, luma: Tensor) -> Tensor:
        """Enlarge Y ``(b, 1, h, w)`` to ``(b, 1, scale*h, scale*w)``."""
        features = self.extract(luma)  # (b, 56, h, w)
        features = self.middle(features)  # (b, 12, h, w) inside, (b, 56, h, w) after
        large: Tensor = self.draw(features)  # (b, 1, s*h, s*w)
        return large


CARD = Card(
    title="FSRCNN",
    year=2016,
    citation="C. Dong, C. C. Loy, X. Tang, Accelerating the Super-Resolution Convolutional Neural Network, ECCV 2016, "
    "391-407",
    url="https://arxiv.org/abs/1608.00367",
    framework="post-upsampling",
    idea="Shrink to few channels, map, expand, and let one transposed convolution draw the large image.",
    lesson="03",
    scales=(2, 3, 4),
    parameters=dict.fromkeys((2, 3, 4), 12_809),
    parameters_source="layer list of section 3.2: 12 464 weights (the paper's figure), 173 biases, 172 PReLU slopes",
    tiny={"channels": 16, "shrunk": 6, "depth": 2},
    published=score_table("the paper", {2: {"set5": (37.00, 0.9558), "set14": (32.63, 0.9088)}})
    + score_table(
        "FSRCNN rows of Table 2 of Zhang et al., RCAN, ECCV 2018",
        {
            2: {"b100": (31.53, 0.8920), "urban100": (29.88, 0.9020)},
            4: {
                "set5": (30.72, 0.8660),
                "set14": (27.61, 0.7550),
                "b100": (26.98, 0.7150),
                "urban100": (24.62, 0.7280),
            },
        },
    ),
    checkpoints="none of the authors'; state dicts of yjn870/FSRCNN-pytorch load as they are",
    luma_only=True,
)

SMALL = replace(
    CARD,
    title="FSRCNN-s",
    idea="FSRCNN with 32 channels, shrunk to 5, and one mapping layer: small enough for real time in 2016.",
    parameters=dict.fromkeys((2, 3, 4), 4_086),
    parameters_source="layer list of FSRCNN(32, 5, 1): 3 937 weights, 75 biases, 74 PReLU slopes",
    published=(),
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    mapping = [value for key, value in weights.items() if key.startswith("middle.") and value.ndim == 4]
    return {
        "channels": weights["extract.0.weight"].shape[0],
        "shrunk": weights["middle.0.weight"].shape[0],
        "depth": sum(weight.shape[-1] == 3 for weight in mapping),
    }


LAYOUT = Layout(
    sizes=_sizes,
    renames=((r"first_part\.(.+)", r"extract.\1"), (r"mid_part\.(.+)", r"middle.\1"), (r"last_part\.(.+)", r"draw.\1")),
)

register_model("fsrcnn", CARD, layout=LAYOUT)(FSRCNN)
register_model("fsrcnn_s", SMALL, layout=LAYOUT, channels=32, shrunk=5, depth=1)(FSRCNN)
