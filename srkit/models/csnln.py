"""CSNLN, looking for the same detail larger elsewhere in the image.

Y. Mei, Y. Fan, Y. Zhou, L. Huang, T. S. Huang, H. Shi, "Image Super-Resolution with Cross-Scale Non-Local Attention and
Exhaustive Self-Exemplars Mining", CVPR 2020, https://arxiv.org/abs/2006.01424. The idea in one sentence: compare every
patch with the patches of the reduced image, and paste what stands in the unreduced image where the similar ones are.

Deviations: none from the released code. Pasted patches overlap ninefold inside the image, and the released code divides
their sum by 6 and not by 9; the released weights were trained so, and this file does the same. Images are reflected to
sides that the scale of a step divides, and cut afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers import PixelRange, conv
from srkit.models._published import published
from srkit.models._registry import Card, Layout, register_model
from srkit.ops.pixels import pad_to_multiple

__all__ = ["CARD", "CSNLN"]

STEPS = {2: (2,), 3: (3,), 4: (2, 2)}
"""By how much each attention of a cell enlarges."""


def paste_larger(query: Tensor, key: Tensor, value: Tensor, *, step: int, sharpness: float = 10.0) -> Tensor:
    """Compare 3x3 patches across scales and paste the larger ones where they match (section 3.2).

    Args:
        query: the image that is enlarged, ``(b, c, h, w)``.
        key: the same reduced, ``(b, c, h/step, w/step)``; its patches count by direction only, not by length.
        value: what is pasted, ``(b, v, h, w)``; the patch that stands where a patch of ``key`` came from is
            ``3*step`` x ``3*step`` pixels large.
        step: enlargement, a divisor of ``h`` and ``w``.
        sharpness: factor before the softmax over all patches of ``key``.

    Returns:
        ``(b, v, step*h, step*w)``: the sum of the pasted patches, divided by 6.
    """
    h, w = query.shape[-2:]
    sought, shown = (F.unfold(image, 3, padding=1) for image in (query, key))  # (b, 9*c, h*w), (b, 9*c, n)
    length = shown.square().sum(dim=1, keepdim=True).clamp_min(1e-8).sqrt()  # (b, 1, n)
    match = torch.softmax(sharpness * ((shown / length).mT @ sought), dim=1)  # (b, n, h*w)
    patches = F.unfold(value, 3 * step, stride=step, padding=step)  # (b, v*9*step*step, n)
    return F.fold(patches @ match, (step * h, step * w), 3 * step, stride=step, padding=step) / 6


def embed(channels_in: int, channels_out: int, size: int = 1) -> nn.Sequential:
    """Return a convolution and PReLU, ``(b, channels_in, h, w)`` to ``(b, channels_out, h, w)``."""
    return nn.Sequential(conv(channels_in, channels_out, size), nn.PReLU())


def resize(channels: int, factor: int, *, up: bool) -> nn.Sequential:
    """Return a strided or transposed convolution by 2, 3 or 4, followed by PReLU."""
    size, padding = {2: (6, 2), 3: (9, 3), 4: (8, 2)}[factor]
    kind = nn.ConvTranspose2d if up else nn.Conv2d
    return nn.Sequential(kind(channels, channels, size, stride=factor, padding=padding), nn.PReLU())


class CrossScale(nn.Module):
    """Figure 3, cross-scale non-local attention: remembers the three embeddings of :func:`paste_larger`."""

    def __init__(self, channels: int, *, step: int) -> None:
        super().__init__()
        self.step = step
        self.query, self.key = embed(channels, channels // 2), embed(channels, channels // 2)
        self.value = embed(channels, channels)

    def forward(self, features: Tensor) -> Tensor:
        """Enlarge ``(b, channels, h, w)`` to ``(b, channels, step*h, step*w)``."""
        h, w = features.shape[-2:]
        small = F.interpolate(
            features, size=(h // self.step, w // self.step), mode="bilinear"
        )  # (b, c, h/step, w/step)
        return paste_larger(self.query(features), self.key(small), self.value(features), step=self.step)


class InScale(nn.Module):
    """Section 3.1: every pixel becomes a mean of all, weighted by a softmax over them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.query, self.key = embed(channels, channels // 2), embed(channels, channels // 2)
        self.value = embed(channels, channels)

    def forward(self, features: Tensor) -> Tensor:
        """Mix the pixels of ``(b, channels, h, w)``; the shape stays."""
        maps = (layer(features) for layer in (self.query, self.key, self.value))
        query, key, value = (tokens.flatten(2).mT[:, None].contiguous() for tokens in maps)  # (b, 1, h*w, .)
        seen = F.scaled_dot_product_attention(query, key, value, scale=1.0)[:, 0]  # (b, h*w, channels)
        return seen.mT.reshape(features.shape)  # (b, channels, h, w)


class Fusion(nn.Module):
    """Figure 4, mutual-projected fusion: what both attentions agree on, and what only the larger patches show."""

    def __init__(self, channels: int, *, step: int) -> None:
        super().__init__()
        self.paste, self.look = CrossScale(channels, step=step), InScale(channels)
        self.enlarge = resize(channels, step, up=True)
        self.refine = nn.Sequential(conv(channels, channels), nn.PReLU(), conv(channels, channels))

    def forward(self, features: Tensor) -> Tensor:
        """Enlarge ``(b, channels, h, w)`` to ``(b, channels, step*h, step*w)``."""
        mixed = self.enlarge(self.look(features))  # (b, channels, step*h, step*w)
        missing = self.paste(features) - mixed
        fused: Tensor = mixed + missing + self.refine(missing)
        return fused


class Stage(nn.Module):
    """Fusion, then the correction of its error at the small size; ``factor`` is that of all stages so far."""

    def __init__(self, channels: int, *, step: int, factor: int) -> None:
        super().__init__()
        self.fuse = Fusion(channels, step=step)
        self.down, self.back = resize(channels, factor, up=False), resize(channels, factor, up=True)

    def forward(self, features: Tensor, small: Tensor) -> Tensor:
        """Enlarge ``(b, channels, h, w)`` by ``step``; ``small`` ``(b, channels, ., .)`` is what the cell was given."""
        large = self.fuse(features)  # (b, channels, step*h, step*w)
        corrected: Tensor = large + self.back(small - self.down(large))
        return corrected


class Cell(nn.Module):
    """Figure 4, self-exemplars mining: the same weights at every recurrence."""

    def __init__(self, channels: int, scale: int) -> None:
        super().__init__()
        steps = STEPS[scale]
        factors = (steps[0], scale)[: len(steps)]
        self.stages = nn.ModuleList(
            Stage(channels, step=step, factor=factor) for step, factor in zip(steps, factors, strict=True)
        )
        self.shrink, self.end = resize(channels, scale, up=False), embed(channels, channels, 3)

    def forward(self, small: Tensor) -> tuple[Tensor, Tensor]:
        """Return the next ``(b, channels, h, w)`` and this estimate ``(b, channels, scale*h, scale*w)``."""
        large = small
        for stage in self.stages:
            large = stage(large, small)
        return self.end(self.shrink(large)), large


class CSNLN(nn.Module):
    """Figure 2: head, one cell used again and again, and a tail that reads all of its estimates.

    Args:
        scale: enlargement factor, 2, 3 or 4.
        channels: feature channels.
        n_recurrences: how often the cell is used.
        rgb_range: the value of white inside the network; the released weights have 1.
    """

    def __init__(self, *, scale: int, channels: int = 128, n_recurrences: int = 12, rgb_range: float = 1.0) -> None:
        super().__init__()
        self.scale, self.n_recurrences = scale, n_recurrences
        self.range = PixelRange(rgb_range=rgb_range)
        self.head = nn.Sequential(embed(3, channels, 3), embed(channels, channels, 3))
        self.cell = Cell(channels, scale)
        self.tail = conv(channels * n_recurrences, 3)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        h, w = lr.shape[-2:]
        small = self.head(self.range.inwards(pad_to_multiple(lr, STEPS[self.scale][0])))  # (b, 128, H, W)
        estimates = []
        for _ in range(self.n_recurrences):
            small, large = self.cell(small)  # (b, 128, H, W), (b, 128, s*H, s*W)
            estimates.append(large)
        sr = self.range.outwards(self.tail(torch.cat(estimates, dim=1)))  # (b, 3, s*H, s*W)
        return sr[..., : self.scale * h, : self.scale * w]  # (b, 3, s*h, s*w)


CARD = Card(
    title="CSNLN",
    year=2020,
    citation="Y. Mei, Y. Fan, Y. Zhou, L. Huang, T. S. Huang, H. Shi, Image Super-Resolution with Cross-Scale "
    "Non-Local Attention and Exhaustive Self-Exemplars Mining, CVPR 2020",
    url="https://arxiv.org/abs/2006.01424",
    framework="iterative up-and-down",
    idea="Patches are compared with those of the reduced image, and what is larger where they match is pasted.",
    lesson="07",
    scales=(2, 3, 4),
    parameters={2: 3_061_265, 3: 6_010_385, 4: 6_568_603},
    parameters_source="SHI-Labs/Cross-Scale-Non-Local-Attention without its 24 frozen mean-shift numbers",
    tiny={"channels": 8, "n_recurrences": 2},
    published=published("csnln"),
    deviations=("the frozen mean shift is a buffer, not 24 parameters",),
    checkpoints="https://github.com/SHI-Labs/Cross-Scale-Non-Local-Attention (MIT), .pt, loaded as they are by "
    "srkit.models.load",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    channels = weights["head.0.0.weight"].shape[0]
    step = weights["cell.stages.0.back.0.weight"].shape[-1] // 3
    return {
        "scale": 4 if "cell.stages.1.back.0.weight" in weights else step,
        "channels": channels,
        "n_recurrences": weights["tail.weight"].shape[1] // channels,
        "rgb_range": PixelRange.rgb_range_of(weights) if "add_mean.bias" in weights else 1.0,
    }


def _stage(n: int, fuse: str, down: int, back: str) -> tuple[tuple[str, str], ...]:
    """Return the renames of one stage of the cell."""
    cell, stage = r"SEM\.", f"cell.stages.{n}."
    return (
        (rf"{cell}{fuse}\.up_attention\.conv_match_1\.(.+)", rf"{stage}fuse.paste.query.\1"),
        (rf"{cell}{fuse}\.up_attention\.conv_match_2\.(.+)", rf"{stage}fuse.paste.key.\1"),
        (rf"{cell}{fuse}\.up_attention\.conv_assembly\.(.+)", rf"{stage}fuse.paste.value.\1"),
        (rf"{cell}{fuse}\.down_attention\.conv_match1\.(.+)", rf"{stage}fuse.look.query.\1"),
        (rf"{cell}{fuse}\.down_attention\.conv_match2\.(.+)", rf"{stage}fuse.look.key.\1"),
        (rf"{cell}{fuse}\.down_attention\.conv_assembly\.(.+)", rf"{stage}fuse.look.value.\1"),
        (rf"{cell}{fuse}\.upsample\.(.+)", rf"{stage}fuse.enlarge.\1"),
        (rf"{cell}{fuse}\.encoder\.body\.(.+)", rf"{stage}fuse.refine.\1"),
        (rf"{cell}down_sample_{down}\.(.+)", rf"{stage}down.\1"),
        (rf"{cell}{back}\.(.+)", rf"{stage}back.\1"),
    )


LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        *_stage(0, "multi_source_projection", 1, "error_encode"),
        *_stage(1, "multi_source_projection_2", 3, "error_encode_2"),
        (r"SEM\.down_sample_[24]\.(.+)", r"cell.shrink.\1"),
        (r"SEM\.post_conv\.(.+)", r"cell.end.\1"),
        (r"tail\.0\.(.+)", r"tail.\1"),
    ),
    ignored=(*PixelRange.PUBLISHED, r"SEM\.\w+\.up_attention\.escape_NaN"),
)

register_model("csnln", CARD, layout=LAYOUT)(CSNLN)
