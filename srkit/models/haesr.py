"""HAESR, attention whose keys also lie outside the window and between the points of the grid, computed once.

Team 6 in "The Eleventh NTIRE 2026 Efficient Super-Resolution Challenge Report", CVPR Workshops 2026,
https://arxiv.org/abs/2604.03198. The idea in one sentence: a quarter of the channels leaves after each of three stages
of convolution, window attention and grid attention, and the later groups reuse the attention of the first.

Deviations: none known from the released code (Amazingren/NTIRE2026_ESR, models/team06_HAESR.py), whose names stand in
quotes. Below 15 pixels a side, where that code fails, see :class:`srkit.layers.spatial.SpatialAttention`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isqrt
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers import conv, partition
from srkit.layers.grid import ChannelAttention, GatedPerceptron, depthwise, gather, scatter
from srkit.layers.normalise import ChannelNorm
from srkit.layers.spatial import SpatialAttention
from srkit.layers.windows import assemble, relative_index
from srkit.models._registry import Card, Layout, register_model
from srkit.ops.pixels import pad_to_multiple

__all__ = ["CARD", "HAESR"]

LENGTH, REACH = 31, 4
"""Length of the long convolutions, and how far outside its window a pixel finds keys."""


class LocalBlock(nn.Module):
    """In the code "HFAB": 3x3 convolutions of each channel, beside two long ones that see a weighed quarter of them."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.few = few = channels // 4
        self.near = depthwise(channels, bias=True)
        self.wide = nn.Conv2d(few, few, (1, LENGTH), padding=(0, LENGTH // 2), groups=few)
        self.high = nn.Conv2d(few, few, (LENGTH, 1), padding=(LENGTH // 2, 0), groups=few)
        self.join, self.mix = conv(channels, channels, 1), conv(2 * channels, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, c, h, w)``; the shape stays."""
        turned = F.channel_shuffle(features, self.few)  # (b, c, h, w)
        few, rest = turned[:, : self.few], turned[:, self.few :]  # (b, c/4, h, w), (b, c-c/4, h, w)
        few = few * torch.sigmoid(few.mean((2, 3), keepdim=True))  # (b, c/4, h, w)
        far = F.gelu(self.join(torch.cat((self.high(self.wide(few)), rest), dim=1)))  # (b, c, h, w)
        return F.gelu(self.mix(torch.cat((self.near(features), far), dim=1)))  # (b, c, h, w)


Pattern = Literal["star", "cross", "corner"]


def keys_of(pattern: Pattern, window: int) -> list[int]:
    """Return which pixels of a window and the :data:`REACH` around it are keys, numbered row by row."""
    side, middle = window + 2 * REACH, REACH + window // 2
    first = middle - 1 if pattern == "cross" else middle

    def is_key(y: int, x: int) -> bool:
        below, beside = (not REACH <= place < REACH + window for place in (y, x))
        if pattern == "corner":
            added = min(y, side - 1 - y) < 3 and min(x, side - 1 - x) < 3
        else:
            added = (below and first <= x <= middle) or (beside and first <= y <= middle)
        diagonal = pattern == "star" and below and beside and (y == x or y + x == side - 1)
        return added or diagonal or not (below or beside)

    return [side * y + x for y in range(side) for x in range(side) if is_key(y, x)]


class Window(nn.Module):
    """In the code "ExtendedWindowUnfold": pixels of a window, and the keys a pattern adds to them."""

    inside: Tensor
    keys: Tensor

    def __init__(self, *, window: int, pattern: Pattern) -> None:
        super().__init__()
        self.window = window
        side = window + 2 * REACH
        inside = [side * y + x for y in range(REACH, REACH + window) for x in range(REACH, REACH + window)]
        keys = keys_of(pattern, window)
        self.register_buffer("inside", torch.tensor(inside), persistent=False)
        self.register_buffer("keys", torch.tensor(keys), persistent=False)
        self.n_free = len(keys)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return of ``(b, c, h, w)`` the pixels ``(b, n, area, c)`` and keys ``(b, n, keys, c)`` of its n windows."""
        side = self.window + 2 * REACH
        around = F.unfold(features, side, padding=REACH, stride=self.window)  # (b, c*side*side, n)
        pixels = torch.unflatten(around, 1, (features.shape[1], -1)).permute(0, 3, 2, 1)  # (b, n, side*side, c)
        return pixels[:, :, self.inside], pixels[:, :, self.keys]

    def back(self, pixels: Tensor, h: int, w: int) -> Tensor:
        """Lay ``(b, n, area, c)`` where the pixels came from, ``(b, h, w, c)``."""
        return assemble(pixels, h, w)


class Grid(nn.Module):
    """In the code "Grid…Unfold": pixels that lie far apart, and as keys also those halfway between them."""

    index: Tensor

    def __init__(self, *, window: int, down: bool, right: bool) -> None:
        super().__init__()
        self.window, self.down, self.right = window, down, right
        self.n_free = (window - down) * (window - right)
        self.register_buffer("index", relative_index(window), persistent=False)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return of ``(b, c, h, w)`` the pixels ``(b, n, area, c)`` and keys ``(b, n, keys, c)`` of its n grids."""
        h, w = features.shape[-2:]
        below, beside = (h // self.window // 2 * self.down, w // self.window // 2 * self.right)
        moved = F.pad(features, (0, beside, 0, below), mode="reflect")  # (b, c, below+h, beside+w)
        moved = moved[..., below : below + h, beside : beside + w]  # (b, c, h, w)
        pixels, halfway = (
            partition(gather(image.movedim(1, -1), self.window), self.window) for image in (features, moved)
        )
        halfway = torch.unflatten(halfway, 2, (self.window, self.window))  # (b, n, window, window, c)
        halfway = halfway[:, :, : self.window - self.down, : self.window - self.right].flatten(2, 3)  # (b, n, more, c)
        return pixels, torch.cat((pixels, halfway), dim=2)  # (b, n, keys, c)

    def back(self, pixels: Tensor, h: int, w: int) -> Tensor:
        """Lay ``(b, n, area, c)`` where the pixels came from, ``(b, h, w, c)``."""
        return scatter(assemble(pixels, h, w), self.window)


class Attention(nn.Module):
    """In the code "SelfAttentionA" and "B": pixels take their shares of the keys; the first group works those out."""

    def __init__(self, channels: int, places: Window | Grid, *, looks: bool) -> None:
        super().__init__()
        self.places, self.looks = places, looks
        if looks:
            self.query = nn.Linear(channels, channels, bias=False)
            self.key_value = nn.Linear(channels, 2 * channels, bias=False)
            free = torch.empty(1, places.window**2, places.n_free)
            self.free = nn.Parameter(nn.init.trunc_normal_(free, std=0.02))
            if isinstance(places, Grid):
                self.table = nn.Parameter(torch.randn((2 * places.window - 1) ** 2, 1))
        else:
            self.value = nn.Linear(channels, channels, bias=False)
        self.proj = nn.Linear(channels, channels, bias=False)

    def forward(self, features: Tensor, shares: Tensor | None) -> tuple[Tensor, Tensor]:
        """Return what ``(b, c, h, w)`` sees, in the same shape, and the shares ``(b, n, area, keys)``."""
        h, w = features.shape[-2:]
        pixels, keys = self.places(features)  # (b, n, area, c), (b, n, keys, c)
        if shares is None:
            key, value = self.key_value(keys).chunk(2, dim=-1)  # each (b, n, keys, c)
            logits = self.query(pixels) * key.shape[-1] ** -0.5 @ key.mT  # (b, n, area, keys)
            shares = torch.softmax(logits + self.bias(), dim=-1)
        else:
            value = self.value(keys)
        seen = self.places.back(self.proj(shares @ value), h, w)  # (b, h, w, c)
        return seen.movedim(-1, 1), shares

    def bias(self) -> Tensor:
        """Return what is added to the logits of every window or grid, ``(1, area, keys)``."""
        if not isinstance(self.places, Grid):
            return self.free
        return torch.cat((self.table[self.places.index].movedim(-1, 0), self.free), dim=-1)


class Layer(nn.Module):
    """In the code "SLA" and "SGA": attention after a normalisation, then a gated perceptron, each with a skip."""

    def __init__(self, channels: int, places: Window | Grid, *, looks: bool) -> None:
        super().__init__()
        self.norm = ChannelNorm(channels)
        self.attention = Attention(channels, places, looks=looks)
        self.perceptron = GatedPerceptron(channels)

    def forward(self, features: Tensor, shares: Tensor | None) -> tuple[Tensor, Tensor]:
        """Refine ``(b, c, h, w)``; return it and the shares ``(b, n, area, keys)``."""
        seen, shares = self.attention(self.norm(features), shares)
        return self.perceptron(features + seen), shares


class Stage(nn.Module):
    """A local block, whose first channels stay; the others attend in windows, then on the grid; all are mixed."""

    def __init__(self, channels: int, kept: int, places: tuple[Window, Grid], *, looks: bool, out: int) -> None:
        super().__init__()
        self.kept = kept
        self.local = LocalBlock(channels)
        self.near, self.far = (Layer(channels - kept, place, looks=looks) for place in places)
        self.mix = conv(out, out, 1)

    def forward(self, features: Tensor, earlier: list[Tensor], shares: tuple[Any, Any]) -> tuple[Tensor, list[Tensor]]:
        """Refine ``(b, c, h, w)`` and join what left ``earlier``; return it and the two attentions' shares."""
        local = self.local(features)  # (b, c, h, w)
        refined, near = self.near(local[:, self.kept :], shares[0])  # (b, c-kept, h, w)
        refined, far = self.far(refined, shares[1])
        return self.mix(torch.cat((*earlier, refined, local[:, : self.kept]), dim=1)), [near, far]  # (b, out, h, w)


class Group(nn.Module):
    """In the code "IDSG": three stages, attention among channels, a 1x1 convolution, the skip, attention to places."""

    def __init__(self, channels: int, *, window: int, looks: bool) -> None:
        super().__init__()
        self.quarter = quarter = channels // 4
        patterns: tuple[Pattern, ...] = ("star", "cross", "corner")
        halfway = ((True, True), (False, True), (True, False))
        self.stages = nn.ModuleList(
            Stage(
                width * quarter,
                quarter,
                (Window(window=window, pattern=pattern), Grid(window=window, down=down, right=right)),
                looks=looks,
                out=(4 if width == 2 else width) * quarter,
            )
            for width, pattern, (down, right) in zip((4, 3, 2), patterns, halfway, strict=True)
        )
        steps = [ChannelAttention(channels, n_heads=1, window=window, grid=grid) for grid in (False, True)]
        first, second = (nn.Sequential(step, GatedPerceptron(channels)) for step in steps)
        self.channels = nn.Sequential(*first, *second)
        self.end = conv(channels, channels, 1)
        self.places = SpatialAttention(channels, max(channels // 4, 16))

    def forward(self, features: Tensor, shares: list[Tensor] | None) -> tuple[Tensor, list[Tensor]]:
        """Refine ``(b, c, h, w)``; return it and the shares of the six attentions, given or worked out here."""
        given: Sequence[Tensor | None] = [None] * (2 * len(self.stages)) if shares is None else shares
        refined, left, found = features, list[Tensor](), list[Tensor]()
        for i, stage in enumerate(self.stages):
            last = i == len(self.stages) - 1
            refined, seen = stage(refined, left if last else [], (given[2 * i], given[2 * i + 1]))
            found += seen
            if not last:
                left.append(refined[:, : self.quarter])
                refined = refined[:, self.quarter :]
        return self.places(self.end(self.channels(refined)) + features), found


class HAESR(nn.Module):
    """Head, groups with a long skip, and one sub-pixel step.

    Args:
        scale: enlargement factor.
        channels: feature channels, a multiple of 16.
        n_groups: groups; the first works out all attention, the others reuse it.
        window: side of a window, and of a grid; even.
    """

    def __init__(self, *, scale: int, channels: int = 48, n_groups: int = 3, window: int = 8) -> None:
        super().__init__()
        self.scale, self.window = scale, window
        self.head, self.body_end = conv(3, channels), conv(channels, channels)
        self.groups = nn.ModuleList(Group(channels, window=window, looks=i == 0) for i in range(n_groups))
        self.tail = conv(channels, 3 * scale * scale)
        self.shuffle = nn.PixelShuffle(scale)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        h, w = lr.shape[-2:]
        shallow = deep = self.head(pad_to_multiple(lr, self.window))  # (b, c, H, W)
        shares: list[Tensor] | None = None
        for group in self.groups:
            deep, shares = group(deep, shares)
        sr: Tensor = self.shuffle(self.tail(self.body_end(deep) + shallow))  # (b, 3, s*H, s*W)
        return sr[..., : self.scale * h, : self.scale * w]  # (b, 3, s*h, s*w)


CARD = Card(
    title="HAESR",
    year=2026,
    citation="Team 6 in The Eleventh NTIRE 2026 Efficient Super-Resolution Challenge Report, CVPR Workshops 2026",
    url="https://arxiv.org/abs/2604.03198",
    framework="post-upsampling",
    idea="Attention to keys outside the window and between the points of a grid; later groups reuse the first's.",
    lesson="16",
    scales=(4,),
    parameters={4: 352_869},
    parameters_source="Amazingren/NTIRE2026_ESR, models/team06_HAESR.py; indices of windows are no parameters there",
    tiny={"channels": 16, "n_groups": 2, "window": 4},
    checkpoints="https://github.com/Amazingren/NTIRE2026_ESR (MIT), model_zoo/team06_HAESR.pth, loaded as it is by "
    "srkit.models.load",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    return {
        "scale": isqrt(weights["tail.weight"].shape[0] // 3),
        "channels": weights["head.weight"].shape[0],
        "n_groups": sum(key.endswith("stages.0.mix.weight") for key in weights),
        "window": isqrt(weights["groups.0.stages.0.near.attention.free"].shape[1]),
    }


_PERCEPTRON = {"project_in": "widen", "dwconv": "middle", "project_out": "narrow"}
_CHANNELS = {"temperature": "temperature", "qkv": "qkv", "qkv_dwconv": "middle", "project_out": "proj"}
_LOCAL = {r"PLKB\.DWConv_1xK": "wide", r"PLKB\.DWConv_Kx1": "high", r"PLKB\.conv1": "join", "DWConv3": "near"}
_LAYER = {
    "cnorm": "norm",
    r"attn\.to_q": "attention.query",
    r"attn\.to_kv": "attention.key_value",
    r"attn\.to_v": "attention.value",
    r"attn\.to_out\.0": "attention.proj",
    r"attn\.rel_pos_bias\.weight": "attention.table",
    r"attn\.(?:rel|extra)_pos_bias": "attention.free",
    "cnorm2": "perceptron.norm",
    **{rf"gfn\.{theirs}": f"perceptron.{ours}" for theirs, ours in _PERCEPTRON.items()},
}


def _of_a_group() -> Iterator[tuple[str, str]]:
    """Yield the code's names of the parts of a group, and ours."""
    for n in range(3):
        yield f"pw{n + 1}", f"stages.{n}.mix"
        yield rf"LB{n + 1}\.conv1", f"stages.{n}.local.mix"
        yield from ((rf"LB{n + 1}\.{theirs}", f"stages.{n}.local.{ours}") for theirs, ours in _LOCAL.items())
        for kind, part in (("SLA", "near"), ("SGA", "far")):
            yield from ((rf"{kind}{n + 1}\.{theirs}", f"stages.{n}.{part}.{ours}") for theirs, ours in _LAYER.items())
    for n in (0, 2):
        block, number = r"BlockC\.", n // 2 + 1
        yield f"{block}canorm{number}", f"channels.{n}.norm"
        yield f"{block}cnorm{number}", f"channels.{n + 1}.norm"
        yield from ((rf"{block}cttn{number}\.{theirs}", f"channels.{n}.{ours}") for theirs, ours in _CHANNELS.items())
        for theirs, ours in _PERCEPTRON.items():
            yield rf"{block}gfn{number}\.{theirs}", f"channels.{n + 1}.{ours}"


_PLACES = ((rf"block(\d)\.esa\.{theirs}", f"places.{ours}") for theirs, ours in SpatialAttention.RENAMES.items())

LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        *((rf"block(\d)\.residual_layer\.(?:0\.)?{t}(|\..+)", rf"groups.\1.{ours}\2") for t, ours in _of_a_group()),
        *((rf"{theirs}\.(.+)", rf"groups.\1.{ours}.\2") for theirs, ours in _PLACES),
        (r"block(\d)\.res_end\.(.+)", r"groups.\1.end.\2"),
        (r"input\.(.+)", r"head.\1"),
        (r"output\.(.+)", r"body_end.\1"),
        (r"up\.0\.(.+)", r"tail.\1"),
    ),
    ignored=(r".+\.ext_unfold\.(sample|center)_indices",),
)

register_model("haesr", CARD, layout=LAYOUT)(HAESR)
