"""Meta-SR, one network for every real scale.

X. Hu, H. Mu, X. Zhang, Z. Wang, T. Tan, J. Sun, "Meta-SR: A Magnification-Arbitrary Network for Super-Resolution", CVPR
2019, 1575-1584, https://arxiv.org/abs/1903.00875. The idea in one sentence: a small network looks at where an output
pixel lies between the input pixels, and at the scale, and predicts the kernel that draws that pixel from the
features.

Deviations from the paper: the trunk is RDN as in the authors' code (Meta-RDN), whose mean shift is frozen here. The
inputs of the small network stand in the order of that code, (1/scale, row, column). Sources are computed by rounding
exactly, not by counting up as the code does, whose README warns of a serious bug of its main branch. A side that
``scale`` does not make whole is rounded down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers import PixelRange, ResidualDenseBlock, conv
from srkit.layers.free_scale import JUST_BELOW, FreeScale, enlarged
from srkit.models._published import published
from srkit.models._registry import Card, Layout, register_model

__all__ = ["CARD", "MetaSR", "draw", "sources"]

_AT_ONCE = 2**14
"""Output pixels whose kernels are held at the same time; each has 1 728 numbers."""


def sources(side: int, scale: float, *, device: torch.device | None = None) -> tuple[Tensor, Tensor]:
    """Return which input pixel each output pixel is drawn from, and how far behind it, in input pixels, it lies.

    Output ``i`` lies at ``i / scale``; its source is that rounded down.

    Args:
        side: input pixels.
        scale: enlargement, at least 1.
        device: where the sources shall be.

    Returns:
        ``floor(scale * side)`` whole numbers on the device, and as many offsets in [0, 1), float64 on the CPU.
    """
    positions = torch.arange(enlarged(side, scale), dtype=torch.float64, device="cpu") / scale
    source = (positions + JUST_BELOW).floor()
    return source.long().to(device), (positions - source).clamp(min=0)


def draw(features: Tensor, predict: Callable[[Tensor], Tensor], scale: float) -> Tensor:
    """Draw the image: each pixel is the 3x3 patch of features at its source times the kernel predicted for it.

    Args:
        features: ``(b, c, h, w)``.
        predict: maps ``(n, 3)``, that is (1/scale, row offset, column offset), to ``(n, 9*c*3)``.
        scale: enlargement.

    Returns:
        ``(b, 3, floor(scale*h), floor(scale*w))``.
    """
    if scale == int(scale):
        return draw_whole(features, predict, int(scale))
    b, c, h, w = features.shape
    rows, down = sources(h, scale, device=features.device)
    columns, right = sources(w, scale, device=features.device)
    patches = F.unfold(features, 3, padding=1).view(b, 9 * c, h, w)
    strips = []
    at_once = max(1, _AT_ONCE // len(columns))
    for some, offsets in zip(torch.split(rows, at_once), torch.split(down, at_once), strict=True):
        grid = torch.meshgrid(offsets, right, indexing="ij")
        places = torch.stack([torch.full_like(grid[0], 1 / scale), *grid], dim=-1).to(features)  # (n, W, 3)
        kernels = predict(places.view(-1, 3)).view(len(some), len(columns), 9 * c, 3)
        strips.append(torch.einsum("bknw,nwko->bonw", patches[:, :, some][..., columns], kernels))
    return torch.cat(strips, dim=2)


def draw_whole(features: Tensor, predict: Callable[[Tensor], Tensor], scale: int) -> Tensor:
    """Do what :func:`draw` does at a whole scale, where ``scale**2`` kernels come again and again: one convolution."""
    offsets = torch.arange(scale, device=features.device, dtype=features.dtype) / scale
    grid = torch.meshgrid(offsets, offsets, indexing="ij")
    places = torch.stack([torch.full_like(grid[0], 1 / scale), *grid], dim=-1).view(-1, 3)  # (scale**2, 3)
    kernels = predict(places).view(scale**2, -1, 3).permute(2, 0, 1)  # (3, scale**2, 9*c)
    weight = kernels.reshape(3 * scale**2, -1, 3, 3)  # (3*scale**2, c, 3, 3)
    return F.pixel_shuffle(F.conv2d(features, weight, padding=1), scale)  # (b, 3, scale*h, scale*w)


class MetaSR(FreeScale):
    """Meta-RDN: RDN's trunk, and the meta upscale module instead of its upsampler.

    Args:
        scale: the factor where ``forward`` is not given one; the weights are the same for every scale.
        channels: of the features.
        growth: channels that a layer of a dense block adds.
        n_blocks: residual dense blocks.
        n_layers: convolutions in each.
        hidden: units of the network that predicts kernels.
        rgb_range: the value of white inside the network; the released weights have 255.
    """

    def __init__(
        self,
        *,
        scale: int,
        channels: int = 64,
        growth: int = 64,
        n_blocks: int = 16,
        n_layers: int = 8,
        hidden: int = 256,
        rgb_range: float = 255.0,
    ) -> None:
        super().__init__(scale)
        self.range = PixelRange(rgb_range=rgb_range)
        self.head = conv(3, channels)
        self.head2 = conv(channels, channels)
        block = {"growth": growth, "n_layers": n_layers}
        self.body = nn.ModuleList(ResidualDenseBlock(channels, **block) for _ in range(n_blocks))
        self.gather = conv(n_blocks * channels, channels, 1)
        self.body_end = conv(channels, channels)
        self.predict = nn.Sequential(nn.Linear(3, hidden), nn.ReLU(), nn.Linear(hidden, 9 * channels * 3))

    def forward(self, lr: Tensor, free_scale: float | None = None) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, floor(r*h), floor(r*w))``, where r is ``free_scale``, or the net's own.

        Raises:
            BadInput: a scale below 1.
        """
        r = self.factor(free_scale)
        shallow = self.head(self.range.inwards(lr))  # (b, 64, h, w)
        features, outputs = self.head2(shallow), []
        for block in self.body:
            features = block(features)
            outputs.append(features)
        deep = shallow + self.body_end(self.gather(torch.cat(outputs, dim=1)))  # (b, 64, h, w)
        return self.range.outwards(draw(deep, self.predict, r))  # (b, 3, floor(r*h), floor(r*w))


CARD = Card(
    title="Meta-SR",
    year=2019,
    citation="X. Hu, H. Mu, X. Zhang, Z. Wang, T. Tan, J. Sun, Meta-SR: A Magnification-Arbitrary Network for "
    "Super-Resolution, CVPR 2019, 1575-1584",
    url="https://arxiv.org/abs/1903.00875",
    framework="post-upsampling",
    idea="Predict the kernel of every output pixel from its position and the scale: one network for every real scale.",
    lesson="04",
    scales=(2, 3, 4),
    parameters=dict.fromkeys((2, 3, 4), 22_419_072),
    parameters_source="XuecaiHu/Meta-SR-Pytorch: 22 419 096 less the 24 of its mean shift; 445 120 predict kernels",
    tiny={"channels": 8, "growth": 8, "n_blocks": 2, "n_layers": 2, "hidden": 16},
    published=published("metasr"),
    deviations=(
        "the frozen mean shift is a buffer; the authors' code trains its 24 numbers by mistake",
        "positions are rounded exactly; the authors' code counts up, and its README warns of a bug",
    ),
    checkpoints="state dicts of XuecaiHu/Meta-SR-Pytorch's Meta-RDN load as they are",
    extra_input="free_scale",
    trained_on="pairs",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    n_blocks = sum(key.endswith(".fusion.weight") for key in weights)
    return {
        "channels": weights["head.weight"].shape[0],
        "growth": weights["body.0.convs.0.weight"].shape[0],
        "n_blocks": n_blocks,
        "n_layers": sum(".convs." in key and key.endswith("weight") for key in weights) // n_blocks,
        "hidden": weights["predict.0.weight"].shape[0],
        "rgb_range": PixelRange.rgb_range_of(weights),
    }


LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"SFENet1\.(.+)", r"head.\1"),
        (r"SFENet2\.(.+)", r"head2.\1"),
        (r"RDBs\.(\d+)\.convs\.(\d+)\.conv\.0\.(.+)", r"body.\1.convs.\2.\3"),
        (r"RDBs\.(\d+)\.LFF\.(.+)", r"body.\1.fusion.\2"),
        (r"GFF\.0\.(.+)", r"gather.\1"),
        (r"GFF\.1\.(.+)", r"body_end.\1"),
        (r"P2W\.meta_block\.(.+)", r"predict.\1"),
    ),
    ignored=PixelRange.PUBLISHED,
)

register_model("metasr", CARD, layout=LAYOUT)(MetaSR)
