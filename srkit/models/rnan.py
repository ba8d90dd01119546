"""RNAN, a mask that has seen the whole image.

Y. Zhang, K. Li, K. Li, B. Zhong, Y. Fu, "Residual Non-local Attention Networks for Image Restoration", ICLR 2019,
https://arxiv.org/abs/1903.10082. The idea in one sentence: a mask branch, made at half the size and in two places after
each pixel has seen all others, says how much of every value of the trunk branch is used.

Deviations: the softmax of the non-local block. The formula in the paper divides the similarities of one pixel to all
others by their sum; the released code divides, for each pixel that is looked at, by the sum over all that look. The
released weights were trained so, and this file does the same. The mean shift was meant to be frozen and was trained in
the released code; it is trained here too. Images with odd sides are reflected to even ones and cut afterwards.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from srkit.layers import TrainedRange, Upsampler, conv
from srkit.models._published import published
from srkit.models._registry import Card, Layout, register_model
from srkit.ops._export import is_exporting
from srkit.ops.pixels import pad_to_multiple

__all__ = ["CARD", "RNAN"]


def find_everywhere(query: Tensor, key: Tensor, value: Tensor, *, at_once: int = 1024) -> Tensor:
    """Return what each pixel finds in all others, ``(b, n, c)`` from three of this shape.

    The similarities are divided by their sum over the pixels that look (see the deviations above), so each pixel that
    is looked at hands out the same amount. The sum over these goes in pieces: no ``(n, n)`` matrix is needed at once.

    Args:
        query: what the pixels look for.
        key: what they show.
        value: what they give.
        at_once: how many of the pixels that are looked at are handled together.
    """
    found = torch.zeros_like(value)
    parts = [[one] if is_exporting() else one.split(at_once, dim=1) for one in (key, value)]  # type: ignore[no-untyped-call]
    for keys, values in zip(*parts, strict=True):
        shares = torch.softmax(query @ keys.mT, dim=1)  # (b, n, at_once)
        found = found + shares @ values
    return found


class NonLocal(nn.Module):
    """Figure 3: every pixel adds what it found in all others, half as many channels wide."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.query, self.key, self.value = (conv(channels, channels // 2, 1) for _ in range(3))
        self.end = conv(channels // 2, channels, 1)
        nn.init.zeros_(self.end.weight)
        nn.init.zeros_(self.end.bias)  # type: ignore[arg-type]

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        maps = (layer(features).flatten(2).mT for layer in (self.query, self.key, self.value))  # (b, h*w, c/2)
        found = find_everywhere(*maps).mT  # (b, channels/2, h*w)
        residual: Tensor = self.end(found.reshape(*found.shape[:2], *features.shape[-2:]))  # (b, channels, h, w)
        return features + residual


class ResidualBlock(nn.Sequential):
    """Convolution, ReLU, convolution, and a skip."""

    def __init__(self, channels: int) -> None:
        super().__init__(conv(channels, channels), nn.ReLU(), conv(channels, channels))

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        residual: Tensor = super().forward(features)  # type: ignore[no-untyped-call]  # torch leaves it untyped
        return features + residual


class Mask(nn.Module):
    """Figure 3, the mask branch: down to half the size and up again, then a number in (0, 1) for each value."""

    def __init__(self, channels: int, *, non_local: bool) -> None:
        super().__init__()
        self.look = NonLocal(channels) if non_local else nn.Identity()
        self.before = ResidualBlock(channels)
        self.down = nn.Conv2d(channels, channels, 3, stride=2, padding=1)
        self.inner = nn.Sequential(ResidualBlock(channels), ResidualBlock(channels))
        self.up = nn.ConvTranspose2d(channels, channels, 6, stride=2, padding=2)
        self.after = ResidualBlock(channels)
        self.weigh = conv(channels, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Return the mask of ``(b, channels, h, w)``, of the same shape; ``h`` and ``w`` are even."""
        before = self.before(self.look(features))
        wide = before + self.up(self.inner(self.down(before)))
        return torch.sigmoid(self.weigh(self.after(wide)))


class AttentionGroup(nn.Module):
    """Figure 2, "residual (non-)local attention block": trunk times mask plus skip, and a convolution."""

    def __init__(self, channels: int, *, non_local: bool) -> None:
        super().__init__()
        self.enter = ResidualBlock(channels)
        self.trunk = nn.Sequential(ResidualBlock(channels), ResidualBlock(channels))
        self.mask = Mask(channels, non_local=non_local)
        self.leave = nn.Sequential(ResidualBlock(channels), ResidualBlock(channels))
        self.end = conv(channels, channels)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        entered = self.enter(features)
        attended = entered + self.trunk(entered) * self.mask(entered)
        refined: Tensor = self.end(self.leave(attended))
        return refined


class RNAN(nn.Module):
    """Figure 2: head, attention groups of which the first and the last are non-local, upsampler, tail.

    Args:
        scale: enlargement factor.
        channels: feature channels.
        n_groups: attention groups, at least 2.
        rgb_range: the value of white inside the network; the released weights have 255.
    """

    def __init__(self, *, scale: int, channels: int = 64, n_groups: int = 10, rgb_range: float = 255.0) -> None:
        super().__init__()
        self.scale = scale
        self.range = TrainedRange(rgb_range=rgb_range)
        self.head = conv(3, channels)
        self.first = AttentionGroup(channels, non_local=True)
        self.middle = nn.Sequential(*(AttentionGroup(channels, non_local=False) for _ in range(n_groups - 2)))
        self.middle_end = conv(channels, channels)
        self.last = AttentionGroup(channels, non_local=True)
        self.upsampler = Upsampler(channels, scale)
        self.tail = conv(channels, 3)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        h, w = lr.shape[-2:]
        shallow = self.head(self.range.inwards(pad_to_multiple(lr, 2)))  # (b, 64, H, W), both even
        deep = shallow + self.last(self.middle_end(self.middle(self.first(shallow))))
        sr = self.range.outwards(self.tail(self.upsampler(deep)))  # (b, 3, s*H, s*W)
        return sr[..., : self.scale * h, : self.scale * w]  # (b, 3, s*h, s*w)


CARD = Card(
    title="RNAN",
    year=2019,
    citation="Y. Zhang, K. Li, K. Li, B. Zhong, Y. Fu, Residual Non-local Attention Networks for Image Restoration, "
    "ICLR 2019",
    url="https://arxiv.org/abs/1903.10082",
    framework="post-upsampling",
    idea="A mask branch at half the size, with non-local attention in two places, gates every value of a trunk branch.",
    lesson="07",
    scales=(2, 3, 4),
    parameters={2: 9_107_291, 3: 9_291_931, 4: 9_255_003},
    parameters_source="yulunzhang/RNAN with the 24 numbers of its mean shift, which is trained there",
    tiny={"channels": 8, "n_groups": 3},
    published=published("rnan"),
    deviations=(
        "the softmax of the non-local block runs over the pixels that look, as in the released code, not over those "
        "that are looked at, as in the paper's formula: the released weights need it",
        "the mean shift is trained, as in the released code (24 parameters), although it was meant to be frozen",
    ),
    checkpoints="https://github.com/yulunzhang/RNAN (no licence file: ask the authors), .pt, loaded as they are by "
    "srkit.models.load",
    quiet_parameters={
        "*.look.query.*": "the block ends in a zero at the start (W = 0), so nothing reaches its inside",
        "*.look.key.*": "as look.query",
        "*.look.value.*": "as look.query",
    },
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    return {
        "scale": Upsampler.scale_of(weights, "upsampler"),
        "channels": weights["first.mask.look.query.weight"].shape[1],
        "n_groups": 2 + sum(key.startswith("middle.") and key.endswith(".end.weight") for key in weights),
        "rgb_range": TrainedRange.rgb_range_of(weights),
    }


_GROUPS = ((r"body_nl_low\.0", "first"), (r"body\.(?P<n>\d+)", r"middle.\g<n>"), (r"body_nl_high\.0", "last"))
_INSIDE = (
    (r"body\.0\.RA_RB1\.0\.body", "enter"),
    (r"body\.0\.RA_TB\.0\.body\.(?P<k>\d)\.body", r"trunk.\g<k>"),
    (r"body\.0\.RA_MB\.0\.MB_RB1\.0\.theta", "mask.look.query"),
    (r"body\.0\.RA_MB\.0\.MB_RB1\.0\.phi", "mask.look.key"),
    (r"body\.0\.RA_MB\.0\.MB_RB1\.0\.g", "mask.look.value"),
    (r"body\.0\.RA_MB\.0\.MB_RB1\.0\.W", "mask.look.end"),
    (r"body\.0\.RA_MB\.0\.MB_RB1\.\d\.body", "mask.before"),
    (r"body\.0\.RA_MB\.0\.MB_Down\.0", "mask.down"),
    (r"body\.0\.RA_MB\.0\.MB_RB2\.(?P<k>\d)\.body", r"mask.inner.\g<k>"),
    (r"body\.0\.RA_MB\.0\.MB_Up\.0", "mask.up"),
    (r"body\.0\.RA_MB\.0\.MB_RB3\.0\.body", "mask.after"),
    (r"body\.0\.RA_MB\.0\.MB_1x1conv\.0", "mask.weigh"),
    (r"body\.0\.RA_tail\.(?P<k>\d)\.body", r"leave.\g<k>"),
    (r"body\.1", "end"),
)

LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        *TrainedRange.RENAMES,
        (r"head\.0\.(.+)", r"head.\1"),
        *(
            (rf"{where}\.{theirs}\.(?P<rest>(?:\d\.)?(?:weight|bias))", rf"{place}.{ours}.\g<rest>")
            for where, place in _GROUPS
            for theirs, ours in _INSIDE
        ),
        (r"body\.\d+\.(weight|bias)", r"middle_end.\1"),
        (r"tail\.0\.(.+)", r"upsampler.\1"),
        (r"tail\.1\.(.+)", r"tail.\1"),
    ),
)

register_model("rnan", CARD, layout=LAYOUT)(RNAN)
