"""ProSR, a pyramid that grows while it is trained.

Y. Wang, F. Perazzi, B. McWilliams, A. Sorkine-Hornung, O. Sorkine-Hornung, C. Schroers, "A Fully Progressive Approach
to Single-Image Super-Resolution", CVPR Workshops 2018, https://arxiv.org/abs/1804.02900. The idea in one sentence:
double the size level by level, spend most blocks on the smallest level, give each scale its own first and last layer,
and during training open the levels one after the other, blending each in.

Deviations from the paper: a network for one scale holds only the layers that scale uses; growing needs those of all,
``every_scale=True``. White is 255 inside, in the authors' code 255.005. The bicubic image is MATLAB's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers import PixelRange, Prediction, conv
from srkit.models._registry import Card, Layout, register_model, score_table
from srkit.ops.resize import imresize

__all__ = ["CARD", "GROWING", "SMALL", "ProSR"]

GROWING = {4: (0.12, 0.25), 8: (0.45, 0.6)}
"""Scale: the shares of the training at which it is opened, and at which it is fully blended in (as released)."""


@dataclass(frozen=True)
class Plan:
    """What all levels of a network have in common; the words are those of :class:`ProSR`."""

    growth: int
    bottleneck: int
    n_layers: int
    compression: tuple[float, float] | None
    residual_scale: float
    widest: int


class DenseLayer(nn.Module):
    """One dense layer: a 1x1 convolution, ReLU, and a 3x3 one whose maps are put beside what was there."""

    def __init__(self, channels: int, plan: Plan) -> None:
        super().__init__()
        self.narrow = conv(channels, plan.bottleneck * plan.growth, 1)
        self.grow = conv(plan.bottleneck * plan.growth, plan.growth, border="reflect")

    def forward(self, features: Tensor) -> Tensor:
        """Turn ``(b, channels, h, w)`` into ``(b, channels + growth, h, w)``."""
        return torch.cat([features, self.grow(self.narrow(features).relu_())], dim=1)  # (b, channels + growth, h, w)


class DenseBlock(nn.Module):
    """Dense layers; their result is a residual of the input (ProSR-l) or compressed, but for the last (ProSR-s)."""

    def __init__(self, channels: int, plan: Plan, *, last: bool) -> None:
        super().__init__()
        wide = channels + plan.n_layers * plan.growth
        layers = (DenseLayer(channels + n * plan.growth, plan) for n in range(plan.n_layers))
        self.layers = nn.ModuleDict({str(n): layer for n, layer in enumerate(layers, 1)})
        self.residual_scale = plan.residual_scale if plan.compression is None else None
        to = channels if plan.compression is None else None if last else int(plan.compression[0] * wide)
        self.compress = None if to is None else conv(wide, to, 1, bias=False)
        self.channels = wide if to is None else to

    def forward(self, features: Tensor) -> Tensor:
        """Turn ``(b, channels, h, w)`` into ``(b, self.channels, h, w)``."""
        dense = features
        for layer in self.layers.values():
            dense = layer(dense)  # (b, channels + n*growth, h, w)
        if self.compress is not None:
            dense = self.compress(dense)  # (b, self.channels, h, w)
        return dense if self.residual_scale is None else features + self.residual_scale * dense


class Level(nn.Module):
    """One level: from the second on a compression to ``start``; blocks, a 3x3 convolution, a sub-pixel step."""

    def __init__(self, channels: int, start: int, plan: Plan, *, n_blocks: int, first: bool) -> None:
        super().__init__()
        self.residual = plan.compression is None
        self.compress = None if first else conv(channels, start, 1, bias=False)
        self.blocks, wide = nn.ModuleDict(), start
        for n in range(1, n_blocks + 1):
            block = DenseBlock(wide, plan, last=n == n_blocks)
            self.blocks[str(n)], wide = block, block.channels
        self.channels = min(wide, plan.widest)
        self.end_compress = conv(wide, plan.widest, 1, bias=False) if wide > plan.widest else None
        self.end = conv(self.channels, self.channels, border="reflect")
        self.up = conv(self.channels, 4 * self.channels, border="reflect")

    def forward(self, features: Tensor) -> Tensor:
        """Turn ``(b, channels, h, w)`` into ``(b, self.channels, 2*h, 2*w)``."""
        deep = features if self.compress is None else self.compress(features)  # (b, start, h, w)
        for block in self.blocks.values():
            deep = block(deep)
        deep = self.end(deep if self.end_compress is None else self.end_compress(deep))  # (b, self.channels, h, w)
        if self.residual:
            deep = deep + features
        return F.pixel_shuffle(self.up(deep), 2).relu_()  # (b, self.channels, 2*h, 2*w)


class ProSR(nn.Module):
    """The levels, with a first and a last layer for each scale, beside a bicubic enlargement.

    With ``every_scale`` the network is trained as the paper does: :meth:`grow` chooses, batch by batch, which of the
    scales opened so far it enlarges by, and how far the newest is blended in; :data:`GROWING` has the schedule.

    Args:
        scale: 2, 4 or 8.
        channels: after the first layer.
        growth: maps that each dense layer adds.
        bottleneck: channels inside a dense layer, in multiples of ``growth``.
        n_layers: dense layers per block.
        levels: blocks at each level; a scale uses as many levels as it has doublings.
        compression: None for residual blocks (ProSR-l); factors (after a block, before a level) for ProSR-s.
        residual_scale: factor on a block's residual.
        widest: channels before a sub-pixel step at most.
        every_scale: also build the first and last layers of the smaller scales.

    Raises:
        BadInput: a scale that is no power of two or has more doublings than there are levels.
    """

    def __init__(
        self,
        *,
        scale: int,
        channels: int = 160,
        growth: int = 40,
        bottleneck: int = 4,
        n_layers: int = 8,
        levels: tuple[int, ...] = (9, 3, 1),
        compression: tuple[float, float] | None = None,
        residual_scale: float = 0.2,
        widest: int = 312,
        every_scale: bool = False,
    ) -> None:
        super().__init__()
        used = scale.bit_length() - 1
        if scale != 2**used or not 1 <= used <= len(levels):
            raise BadInput(f"ProSR with {len(levels)} levels doubles up to x{2 ** len(levels)}; not x{scale}.")
        self.scale, self.blend = scale, 1.0
        self.range = PixelRange()
        plan = Plan(growth, bottleneck, n_layers, compression, residual_scale, widest)
        self.levels, wide = nn.ModuleDict(), [channels]
        for n, n_blocks in enumerate(levels[:used], 1):
            start = wide[-1] if n == 1 else int(compression[1] * wide[-1]) if compression else channels
            level = Level(wide[-1], start, plan, n_blocks=n_blocks, first=n == 1)
            self.levels[str(n)] = level
            wide.append(level.channels)
        offered = range(1 if every_scale else used, used + 1)
        self.stems = nn.ModuleDict({str(2**n): conv(3, channels, border="reflect") for n in offered})
        self.heads = nn.ModuleDict({str(2**n): conv(wide[n], 3, border="reflect") for n in offered})

    def grow(self, scale: int, *, blend: float = 1.0) -> None:
        """Become a network for ``scale``, whose newest level counts ``blend`` and the enlarged level below the rest.

        Args:
            scale: what :meth:`forward` enlarges by from now on.
            blend: from 0, the level below alone, to 1, the newest level alone.

        Raises:
            BadInput: the layers for that scale, or for blending from the one below, were not built; or a blend outside
                [0, 1].
        """
        needed = {scale} if blend == 1 else {scale, scale // 2}
        if not 0 <= blend <= 1 or not needed <= {int(s) for s in self.stems}:
            raise BadInput(
                f"This ProSR has layers for {', '.join(f'x{s}' for s in self.stems)} and cannot become x{scale} with "
                f"blend={blend:g} in [0, 1]. Make it with every_scale=True."
            )
        self.scale, self.blend = scale, blend

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        return self._image(lr, self.scale, self.blend)  # (b, 3, s*h, s*w)

    def predictions(self, lr: Tensor) -> list[Prediction]:
        """Return the images of all scales opened so far, each from ``(b, 3, h, w)`` by its own first and last layer.

        The paper draws one scale per batch; weights of one over the number of scales give the same in the mean.
        """
        opened = [int(s) for s in self.stems if int(s) <= self.scale]
        return [
            Prediction(f"x{s}", self._image(lr, s, self.blend if s == self.scale else 1.0), s, 1 / len(opened))
            for s in opened
        ]

    def residual(self, lr: Tensor, scale: int, blend: float = 1.0) -> Tensor:
        """Predict what the bicubic image lacks, ``(b, 3, scale*h, scale*w)`` in the inner range."""
        features = self.stems[str(scale)](self.range.inwards(lr))  # (b, channels, h, w)
        below: Tensor | None = None
        for n, level in self.levels.items():
            features = level(features)  # (b, ., 2**n * h, 2**n * w)
            reached = 2 ** int(n)
            if reached == scale:
                break
            if 2 * reached == scale and blend != 1:
                small = self.heads[str(reached)](features)
                below = F.interpolate(small, scale_factor=2, mode="bilinear", align_corners=True)
        newest: Tensor = self.heads[str(scale)](features)
        return newest if below is None else blend * newest + (1 - blend) * below

    def _image(self, lr: Tensor, scale: int, blend: float) -> Tensor:
        return imresize(lr, scale) + self.residual(lr, scale, blend) / self.range.rgb_range


CARD = Card(
    title="ProSR",
    year=2018,
    citation="Y. Wang, F. Perazzi, B. McWilliams, A. Sorkine-Hornung, O. Sorkine-Hornung, C. Schroers, A Fully "
    "Progressive Approach to Single-Image Super-Resolution, CVPR Workshops 2018",
    url="https://arxiv.org/abs/1804.02900",
    framework="progressive",
    idea="An asymmetric pyramid of dense blocks, one doubling per level, whose levels open one by one in training.",
    lesson="10",
    scales=(2, 4, 8),
    parameters={2: 9_470_403, 4: 13_418_403, 8: 15_520_003},
    parameters_source="fperazzi/proSR, prosr.yaml, the layers that each scale uses; all scales together: 15 537 609",
    tiny={"channels": 8, "growth": 4, "n_layers": 2, "levels": (2, 1, 1)},
    published=score_table(
        "ProSR-l in the README of fperazzi/proSR (the authors' re-implementation)",
        {
            2: {"set14": (34.12, None), "b100": (32.23, None), "urban100": (32.68, None)},
            4: {"set14": (28.94, None), "b100": (27.68, None), "urban100": (26.74, None)},
            8: {"set14": (25.25, None), "b100": (24.86, None), "urban100": (22.91, None)},
        },
    ),
    deviations=(
        "a network for one scale holds only the layers that scale uses, unless every_scale=True",
        "white is 255 inside, in the authors' code 255.005",
    ),
    checkpoints="state dicts of fperazzi/proSR (GPL-3.0) load as they are; a file of the authors' that holds their "
    "options as Python objects does not",
)

_SMALL: dict[str, Any] = {"channels": 24, "growth": 12, "n_layers": 6, "levels": (4, 2, 1), "compression": (0.4, 0.5)}

SMALL = replace(
    CARD,
    title="ProSR-s",
    idea="ProSR with narrow dense blocks that are compressed instead of added to their input.",
    parameters={2: 849_047, 4: 1_667_699, 8: 2_542_307},
    parameters_source="fperazzi/proSR, prosrs.yaml, the layers that each scale uses; all scales together: 2 550 191",
    published=score_table(
        "ProSR-s in the README of fperazzi/proSR (the authors' re-implementation)",
        {
            2: {"set14": (33.52, None), "b100": (32.00, None), "urban100": (31.61, None)},
            4: {"set14": (28.64, None), "b100": (27.50, None), "urban100": (26.02, None)},
        },
    ),
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    grow = weights["levels.1.blocks.1.layers.1.grow.weight"]
    blocks = sorted({(key.split(".")[1], key.split(".")[3]) for key in weights if ".blocks." in key})
    levels = tuple(sum(level == str(n) for level, _ in blocks) for n in range(1, 1 + int(blocks[-1][0])))
    stems = [key for key in weights if key.startswith("stems.") and key.endswith("weight")]
    return {
        "scale": 2 ** len(levels),
        "channels": weights[stems[0]].shape[0],
        "growth": grow.shape[0],
        "bottleneck": grow.shape[1] // grow.shape[0],
        "n_layers": sum(bool(re.fullmatch(r"levels\.1\.blocks\.1\.layers\.\d+\.grow\.weight", key)) for key in weights),
        "levels": levels,
        "compression": None if f"levels.1.blocks.{levels[0]}.compress.weight" in weights else (0.4, 0.5),
        "widest": next((value.shape[0] for key, value in weights.items() if key.endswith("end_compress.weight")), 312),
        "every_scale": len(stems) > 1,
    }


_BLOCK, _LAYER = r"pyramid_residual_(\d)\.(?:residual_)?denseblock_(\d+)\.", r"dense(?:_block)?\.denselayer(\d+)\."

LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        *((rf"init_conv_{n}\.conv\.1\.(.+)", rf"stems.{2**n}.\1") for n in (1, 2, 3)),
        *((rf"reconst_{n}\.final_conv\.conv\.1\.(.+)", rf"heads.{2**n}.\1") for n in (1, 2, 3)),
        (_BLOCK + _LAYER + r"conv_1\.(.+)", r"levels.\1.blocks.\2.layers.\3.narrow.\4"),
        (_BLOCK + _LAYER + r"conv_2\.conv\.1\.(.+)", r"levels.\1.blocks.\2.layers.\3.grow.\4"),
        (_BLOCK + r"comp\.conv1\.weight", r"levels.\1.blocks.\2.compress.weight"),
        (r"pyramid_residual_(\d)\.compression_\d\.conv1\.weight", r"levels.\1.compress.weight"),
        (r"pyramid_residual_(\d)\.final_conv\.final_comp\.conv1\.weight", r"levels.\1.end_compress.weight"),
        (r"pyramid_residual_(\d)\.final_conv\.final_conv\.conv\.1\.(.+)", r"levels.\1.end.\2"),
        (r"pyramid_residual_(\d)_residual_upsampler\.m\.0\.conv\.1\.(.+)", r"levels.\1.up.\2"),
    ),
)

register_model("prosr", CARD, layout=LAYOUT)(ProSR)
register_model("prosr_s", SMALL, layout=LAYOUT, **_SMALL)(ProSR)
