"""LIIF, the image as a function that can be asked for the colour at any place.

Y. Chen, S. Liu, X. Wang, "Learning Continuous Image Representation with Local Implicit Image Function", CVPR 2021,
8628-8638, https://arxiv.org/abs/2012.09161. The idea in one sentence: a small network reads the colour of a place from
the nearest features, from how far away they lie and from how large the asked pixel is, so one network draws any size.

Deviations from the paper: none in the function; its first layer sees the features once for each input pixel, as a 3x3
convolution, instead of once for each output pixel. The encoder is EDSR's baseline, the first of the paper's two. The
released code clamps its result to [0, 1], here nothing is. Where the last row or column of the result lies on the last
of the input (at x1, x3), that code's weights depend on rounding; here each side has its own. A side that the scale does
not make whole is rounded down.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers import PixelRange, ResidualBlock, conv
from srkit.layers.free_scale import FreeScale, enlarged
from srkit.models._registry import Card, Layout, register_model

__all__ = ["CARD", "LIIF", "neighbours"]

_AT_ONCE = 2**14
"""Output pixels whose hidden units are held at the same time."""


def neighbours(side: int, length: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return for each of ``length`` output pixels the two input pixels around it, and what they are asked and weigh.

    Args:
        side: input pixels.
        length: output pixels over the same extent.

    Returns:
        Three of ``(2, length)`` on the CPU: whole numbers, at the borders twice the same; where the output pixel lies
        seen from them, in half input pixels, float64; and their weights, each the distance of the other one.
    """
    place = (torch.arange(length, dtype=torch.float64, device="cpu") + 0.5) * side / length - 0.5  # in input pixels
    first = (place + 5e-7 * side).floor()  # the released code moves a place on a pixel by as much
    near = torch.stack((first, first + 1)).clamp(0, side - 1)
    away = 2 * (place - near)
    distance = away.abs() + 1e-9  # on the last pixel both distances are 0
    return near.long(), away, distance.flip(0) / distance.sum(0)


class LIIF(FreeScale):
    """Section 3: EDSR's baseline without an upsampler, and a perceptron that is asked for each pixel four times.

    Args:
        scale: the factor where ``forward`` is not given one; the weights are the same for every scale.
        channels: feature channels.
        n_blocks: residual blocks.
        hidden: units of each of the perceptron's hidden layers.
        n_hidden: hidden layers.
    """

    def __init__(
        self, *, scale: int, channels: int = 64, n_blocks: int = 16, hidden: int = 256, n_hidden: int = 4
    ) -> None:
        super().__init__(scale)
        self.range = PixelRange(rgb_range=2.0, mean=(0.5, 0.5, 0.5))
        self.head, self.body_end = conv(3, channels), conv(channels, channels)
        self.body = nn.Sequential(*(ResidualBlock(channels) for _ in range(n_blocks)))
        widths = (9 * channels + 4, *[hidden] * n_hidden)
        layers = (layer for n, m in pairwise(widths) for layer in (nn.Linear(n, m), nn.ReLU()))
        self.ask = nn.Sequential(*layers, nn.Linear(hidden, 3))

    def forward(self, lr: Tensor, free_scale: float | None = None) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, floor(r*h), floor(r*w))``, where r is ``free_scale``, or the net's own.

        Raises:
            BadInput: a scale below 1.
        """
        r = self.factor(free_scale)
        shallow = self.head(self.range.inwards(lr))  # (b, 64, h, w)
        deep = shallow + self.body_end(self.body(shallow))
        size = [enlarged(side, r) for side in lr.shape[-2:]]
        return self.range.outwards(self.draw(deep, *size))  # (b, 3, floor(r*h), floor(r*w))

    def draw(self, features: Tensor, height: int, width: int) -> Tensor:
        """Ask for every pixel of an image of that size; ``(b, c, h, w)`` to ``(b, 3, height, width)``."""
        h, w = features.shape[-2:]
        first: Any = self.ask[0]
        seen, away, cell = first.weight.split((first.in_features - 4, 2, 2), dim=1)
        units = first.bias + cell @ features.new_tensor([2 * h / height, 2 * w / width])  # (hidden,)
        patches = seen.view(len(units), -1, 3, 3)
        hidden = F.conv2d(features, patches, units, padding=1).permute(0, 2, 3, 1)  # (b, h, w, hidden)
        rows, columns = (
            tuple(
                part.to(hidden.device) if part.dtype == torch.long else part.to(hidden) for part in neighbours(*sides)
            )
            for sides in ((h, height), (w, width))
        )
        strips = zip(*(torch.split(part, max(1, _AT_ONCE // width), dim=1) for part in rows), strict=True)
        return torch.cat([self._strip(hidden, away, strip, columns) for strip in strips], dim=1).movedim(-1, 1)

    def _strip(self, hidden: Tensor, away: Tensor, rows: tuple[Tensor, ...], columns: tuple[Tensor, ...]) -> Tensor:
        """Return some rows of the image, ``(b, rows, width, 3)``: each answer weighed by the area opposite to it."""
        image = hidden.new_zeros(())
        for row, down, high in zip(*rows, strict=True):
            for column, right, wide in zip(*columns, strict=True):
                place = down[:, None, None] * away[:, 0] + right[:, None] * away[:, 1]  # (rows, width, hidden)
                answer = self.ask[1:](hidden[:, row][:, :, column] + place)  # (b, rows, width, 3)
                image = image + answer * (high[:, None] * wide)[..., None]
        return image


CARD = Card(
    title="LIIF",
    year=2021,
    citation="Y. Chen, S. Liu, X. Wang, Learning Continuous Image Representation with Local Implicit Image Function, "
    "CVPR 2021, 8628-8638",
    url="https://arxiv.org/abs/2012.09161",
    framework="post-upsampling",
    idea="A perceptron reads the colour of any place from the nearest features and how far away they lie.",
    lesson="18",
    scales=(2, 3, 4),
    parameters=dict.fromkeys((2, 3, 4), 1_567_299),
    parameters_source="yinboc/liif, EDSR-baseline-LIIF: 1 567 323 less the 24 frozen numbers of a mean shift that it "
    "never uses",
    tiny={"channels": 8, "n_blocks": 2, "hidden": 16, "n_hidden": 2},
    deviations=("nothing is clamped, where the released code clamps its result",),
    checkpoints="https://github.com/yinboc/liif (BSD-3-Clause), edsr-baseline-liif.pth on a drive, loaded as it is by "
    "srkit.models.load; RDN-LIIF has another encoder and does not fit",
    extra_input="free_scale",
    trained_on="pairs",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    return {
        "channels": weights["head.weight"].shape[0],
        "n_blocks": sum(key.endswith("conv1.weight") for key in weights),
        "hidden": weights["ask.0.weight"].shape[0],
        "n_hidden": sum(key.startswith("ask.") and key.endswith("weight") for key in weights) - 1,
    }


LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"encoder\.head\.0\.(.+)", r"head.\1"),
        (r"encoder\.body\.(\d+)\.body\.0\.(.+)", r"body.\1.conv1.\2"),
        (r"encoder\.body\.(\d+)\.body\.2\.(.+)", r"body.\1.conv2.\2"),
        (r"encoder\.body\.\d+\.(weight|bias)", r"body_end.\1"),
        (r"imnet\.layers\.(.+)", r"ask.\1"),
    ),
    ignored=(r"encoder\.(sub|add)_mean\.(weight|bias)",),
)

register_model("liif", CARD, layout=LAYOUT)(LIIF)
