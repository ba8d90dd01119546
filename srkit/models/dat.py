"""DAT, attention over space and over channels in turn, each beside a convolution.

Z. Chen, Y. Zhang, J. Gu, L. Kong, X. Yang, F. Yu, "Dual Aggregation Transformer for Image Super-Resolution", ICCV 2023,
12312-12321, https://arxiv.org/abs/2308.03364. The idea in one sentence: layers attend to pixels of long windows and to
channels in turn, and in each a convolution and the attention weigh one another.

Deviations from the paper: the released training code's drop path is left out. Where a channel of a batch has a single
value, so that it has no deviation, batch normalisation uses its running statistics; the released code fails there.
Padding follows the projection, as in the released code: keys outside the image take part with a score of their place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers import PixelRange, conv, partition, shift_mask
from srkit.layers.tail import Reconstruction, Tail, group_end, group_sizes
from srkit.layers.windows import assemble, attend, attend_channels, calm_linear, relative_index
from srkit.models._published import published
from srkit.models._registry import Card, Layout, register_model

__all__ = ["CARD", "DAT", "LIGHT", "SMALL", "TWO"]


class BatchNorm(nn.BatchNorm2d):
    """Batch normalisation that uses its running statistics where a channel has one value alone."""

    def forward(self, features: Tensor) -> Tensor:
        """Normalise ``(b, c, h, w)``; the shape stays."""
        if self.training and features.numel() == features.shape[1]:
            return F.batch_norm(features, self.running_mean, self.running_var, self.weight, self.bias)  # (1, c, 1, 1)
        return super().forward(features)


class Places(nn.Module):
    """Section 3.2: a small perceptron tells from their offset how much two pixels of a window matter to each other."""

    offsets: Tensor
    index: Tensor

    def __init__(self, channels: int, n_heads: int, *, window: tuple[int, int]) -> None:
        super().__init__()
        self.first = nn.Linear(2, channels)
        widths = (channels, channels, n_heads)
        self.layers = nn.Sequential(
            *(nn.Sequential(nn.LayerNorm(channels), nn.ReLU(), nn.Linear(channels, width)) for width in widths)
        )
        down, right = (torch.arange(1 - side, side, dtype=torch.float32) for side in window)
        self.register_buffer(
            "offsets", torch.cartesian_prod(down, right)
        )  # in the file, which tells the window by them
        self.register_buffer("index", relative_index(window), persistent=False)

    def forward(self) -> Tensor:
        """Return the bias of the attention, ``(heads, area, area)``."""
        table = self.layers(self.first(self.offsets))  # ((2h-1)*(2w-1), heads)
        bias: Tensor = table[self.index].permute(2, 0, 1)  # (heads, area, area)
        return bias


class LongWindows(nn.Module):
    """Attention of one half of the channels in windows that are longer than they are high, or the other way round."""

    def __init__(self, *, n_heads: int, window: tuple[int, int], shift: bool, places: int) -> None:
        super().__init__()
        self.n_heads, self.window = n_heads, window
        self.shift = (window[0] // 2, window[1] // 2) if shift else None
        self.places = Places(places, n_heads, window=window)

    def forward(self, qkv: Tensor) -> Tensor:
        """Let queries, keys and values ``(3, b, h, w, c)`` make ``(b, h, w, c)``."""
        _, b, h, w, c = qkv.shape
        image, mask = qkv.flatten(0, 1), None  # (3*b, h, w, c)
        if self.shift:
            image = image.roll((-self.shift[0], -self.shift[1]), dims=(1, 2))
            mask = shift_mask(h, w, self.window).to(qkv)[:, None]  # (n, 1, area, area)
        cut = partition(image, self.window)  # (3*b, n, area, c)
        heads = cut.view(3, -1, cut.shape[2], self.n_heads, c // self.n_heads)  # (3, b*n, area, heads, c/heads)
        query, key, value = heads.transpose(2, 3)  # each (b*n, heads, area, c/heads)
        seen = attend(query, key, value, self.places(), mask)  # (b*n, heads, area, c/heads)
        seen = seen.transpose(1, 2).reshape(b, -1, cut.shape[2], c)  # (b, n, area, c)
        image = assemble(seen, h, w, window=self.window)  # (b, h, w, c)
        return image.roll(self.shift, dims=(1, 2)) if self.shift else image


class TwoWays(nn.Module):
    """Section 3.3, "AIM": attention and a convolution side by side, each weighed by what the other one found.

    Args:
        channels: in and out.
        n_heads: attention maps side by side.
    """

    def __init__(self, channels: int, *, n_heads: int) -> None:
        super().__init__()
        self.n_heads = n_heads
        self.qkv, self.proj = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)
        depthwise = nn.Conv2d(channels, channels, 3, padding=1, groups=channels)
        self.local = nn.Sequential(depthwise, BatchNorm(channels), nn.GELU())
        self.channel_gate = self._gate(channels, channels // 8, channels)
        self.place_gate = self._gate(channels, channels // 16, 1)

    @staticmethod
    def _gate(channels: int, few: int, out: int) -> nn.Sequential:
        return nn.Sequential(conv(channels, few, 1), BatchNorm(few), nn.GELU(), conv(few, out, 1))

    def mixed(self, seen: Tensor, near: Tensor) -> Tensor:
        """Return ``(b, h, w, c)`` of two maps ``(b, c, h, w)``: of the first its places, of the second its channels."""
        places = torch.sigmoid(self.place_gate(near))  # (b, 1, h, w)
        channels = torch.sigmoid(self.channel_gate(seen.mean((2, 3), keepdim=True)))  # (b, c, 1, 1)
        mixed: Tensor = self.proj((seen * places + near * channels).movedim(1, -1))
        return mixed


class PixelAttention(TwoWays):
    """Figure 3(a): half of the channels attend in windows ``(h, w)``, half in windows ``(w, h)``."""

    def __init__(self, channels: int, *, n_heads: int, window: tuple[int, int], shift: bool, places: int) -> None:
        super().__init__(channels, n_heads=n_heads)
        self.multiple = max(window)
        self.halves = nn.ModuleList(
            LongWindows(n_heads=n_heads // 2, window=sides, shift=shift, places=places)
            for sides in (window, window[::-1])
        )

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, h, w, c)``; the shape stays."""
        (_, h, w, c), n = features.shape, self.multiple
        qkv = self.qkv(features)  # (b, h, w, 3*c)
        near = self.local(qkv[..., 2 * c :].movedim(-1, 1))  # (b, c, h, w)
        filled = F.pad(qkv, (0, 0, 0, n * ((w + n - 1) // n) - w, 0, n * ((h + n - 1) // n) - h))  # (b, H, W, 3*c)
        parts = filled.view(*filled.shape[:3], 3, 2, c // 2).permute(3, 4, 0, 1, 2, 5)  # (3, 2, b, H, W, c/2)
        seen = torch.cat([half(parts[:, i]) for i, half in enumerate(self.halves)], dim=-1)  # (b, H, W, c)
        return self.mixed(near, seen[:, :h, :w].movedim(-1, 1))


class ChannelAttention(TwoWays):
    """Figure 3(b): channels attend to each other over the whole image."""

    def __init__(self, channels: int, *, n_heads: int) -> None:
        super().__init__(channels, n_heads=n_heads)
        self.temperature = nn.Parameter(torch.ones(n_heads, 1, 1))

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, h, w, c)``; the shape stays."""
        b, h, w, c = features.shape
        qkv = self.qkv(features)  # (b, h, w, 3*c)
        near = self.local(qkv[..., 2 * c :].movedim(-1, 1))  # (b, c, h, w)
        query, key, value = qkv.view(b, h * w, 3, self.n_heads, -1).permute(2, 0, 3, 4, 1)  # (b, heads, c/heads, h*w)
        seen = attend_channels(query, key, value, self.temperature).reshape(b, c, h, w)  # (b, c, h, w)
        return self.mixed(seen, near)


class GatedPerceptron(nn.Module):
    """Figure 3(d), "SGFN": half of the channels, spread by a depthwise convolution, multiplies the other half."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.widen, self.narrow = nn.Linear(channels, hidden), nn.Linear(hidden // 2, channels)
        self.norm = nn.LayerNorm(hidden // 2)
        self.spread = nn.Conv2d(hidden // 2, hidden // 2, 3, padding=1, groups=hidden // 2)

    def forward(self, features: Tensor) -> Tensor:
        """Map ``(b, h, w, c)`` to the same shape."""
        value, gate = F.gelu(self.widen(features)).chunk(2, dim=-1)  # each (b, h, w, hidden/2)
        gate = self.spread(self.norm(gate).movedim(-1, 1)).movedim(1, -1)  # (b, h, w, hidden/2)
        mapped: Tensor = self.narrow(value * gate)  # (b, h, w, c)
        return mapped


class Layer(nn.Module):
    """Figure 3(c): attention and a gated perceptron, each after a LayerNorm and with a skip."""

    def __init__(self, channels: int, attention: nn.Module, *, expansion: float) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(channels), nn.LayerNorm(channels)
        self.attention = attention
        self.perceptron = GatedPerceptron(channels, int(channels * expansion))

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, h, w, c)``; the shape stays."""
        features = features + self.attention(self.norm1(features))
        refined: Tensor = features + self.perceptron(self.norm2(features))
        return refined


class Group(nn.Module):
    """Figure 2: layers over space and over channels in turn, a convolution, and a skip past both."""

    def __init__(
        self, channels: int, *, number: int, depth: int, n_heads: int, expansion: float, slim: bool, **windows: Any
    ) -> None:
        super().__init__()
        layers = []
        for i in range(depth):
            shift = i % 4 == 2 if number % 2 == 0 else i % 4 == 0
            over: Any = ChannelAttention if i % 2 else partial(PixelAttention, shift=shift, **windows)
            layers.append(Layer(channels, over(channels, n_heads=n_heads), expansion=expansion))
        self.layers, self.end = nn.Sequential(*layers), group_end(channels, slim=slim)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, h, w, c)``; the shape stays."""
        residual: Tensor = self.end(self.layers(features).movedim(-1, 1)).movedim(1, -1)
        return features + residual


class DAT(nn.Module):
    """Figure 2: head, groups with a long skip, reconstruction.

    Args:
        scale: enlargement factor.
        channels: of the features.
        n_groups: groups.
        depth: layers in a group, over space and over channels in turn.
        n_heads: attention maps side by side; even.
        window: height and width of a window; the other half of the channels has it the other way round.
        places: width of the perceptrons that weigh offsets; by default a 32nd of ``channels``.
        expansion: channels inside a perceptron, as a multiple of ``channels``.
        slim: three convolutions, the middle ones narrow, in place of one at the end of groups.
        reconstruction: "shuffle" or, in the light network, "direct".
        tail_channels: of the last layers, where there are any.
    """

    def __init__(
        self,
        *,
        scale: int,
        channels: int = 180,
        n_groups: int = 6,
        depth: int = 6,
        n_heads: int = 6,
        window: tuple[int, int] = (8, 32),
        places: int | None = None,
        expansion: float = 4.0,
        slim: bool = False,
        reconstruction: Reconstruction = "shuffle",
        tail_channels: int = 64,
    ) -> None:
        super().__init__()
        self.scale = scale
        self.range = PixelRange(rgb_range=1.0)
        self.head = conv(3, channels)
        self.norm_in, self.norm_out = nn.LayerNorm(channels), nn.LayerNorm(channels)
        more: dict[str, Any] = {"n_heads": n_heads, "window": window, "expansion": expansion, "slim": slim}
        more["places"] = places or channels // 32
        self.groups = nn.Sequential(*(Group(channels, number=i, depth=depth, **more) for i in range(n_groups)))
        self.body_end = group_end(channels, slim=slim)
        self.tail = Tail(channels, scale, reconstruction=reconstruction, tail_channels=tail_channels)
        self.apply(calm_linear)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        shallow = self.head(self.range.inwards(lr))  # (b, c, h, w)
        deep = self.groups(self.norm_in(shallow.movedim(1, -1)))  # (b, h, w, c)
        deep = shallow + self.body_end(self.norm_out(deep).movedim(-1, 1))  # (b, c, h, w)
        return self.range.outwards(self.tail(deep))  # (b, 3, s*h, s*w)


CARD = Card(
    title="DAT",
    year=2023,
    citation="Z. Chen, Y. Zhang, J. Gu, L. Kong, X. Yang, F. Yu, Dual Aggregation Transformer for Image "
    "Super-Resolution, ICCV 2023, 12312-12321",
    url="https://arxiv.org/abs/2308.03364",
    framework="post-upsampling",
    idea="Attention to pixels of long windows and to channels in turn, each weighed by a convolution beside it.",
    lesson="17",
    scales=(2, 3, 4, 1),
    parameters={2: 14_654_339, 3: 14_838_979, 4: 14_802_051, 1: 14_506_627},
    parameters_source="layer list of zhengchen1999/DAT",
    tiny={"channels": 32, "n_groups": 1, "depth": 3, "n_heads": 2, "window": (2, 4), "places": 4, "tail_channels": 16},
    deviations=(
        "the released training code's drop path is left out",
        "a single value of a channel is normalised by running statistics, where the released code fails",
        "x1 (to clean an image) is not in the paper; the community trains it",
    ),
    quiet_parameters={"*.places.layers.2.2.bias": "a constant on all scores of a head cancels in the softmax"},
    checkpoints="zhengchen1999/DAT (Apache-2.0) on a drive; about 34 models of the community, mostly of DAT-2's form",
)

TWO = replace(
    CARD,
    title="DAT-2",
    idea="DAT with perceptrons half as wide.",
    parameters={2: 11_064_419, 3: 11_249_059, 4: 11_212_131, 1: 10_916_707},
)

SMALL = replace(TWO, title="DAT-S", idea="DAT with perceptrons half as wide and windows of 8x16.")

LIGHT = replace(
    CARD,
    title="DAT-light",
    idea="DAT in one group of 18 layers with 60 channels and one sub-pixel step.",
    parameters={2: 553_290, 3: 561_405, 4: 572_766, 1: 548_421},
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    channels = weights["head.weight"].shape[0]
    return {
        **Tail.sizes_of(weights),
        "channels": channels,
        **group_sizes(weights),
        "n_heads": weights["groups.0.layers.1.attention.temperature"].shape[0],
        "window": tuple(int(side) + 1 for side in weights["groups.0.layers.0.attention.halves.0.places.offsets"][-1]),
        "places": weights["groups.0.layers.0.attention.halves.0.places.first.weight"].shape[0],
        "expansion": weights["groups.0.layers.0.perceptron.widen.weight"].shape[0] / channels,
        "slim": "groups.0.end.0.weight" in weights,
    }


_LAYER, _OURS = r"layers\.(\d+)\.blocks\.(\d+)\.", r"groups.\1.layers.\2."
_PLACES, _OUR_PLACES = _LAYER + r"attn\.attns\.(\d)\.", _OURS + r"attention.halves.\3.places."
_PARTS = {
    r"attn\.dwconv\.": "attention.local.",
    **{rf"attn\.channel_interaction\.{i + 1}\.": f"attention.channel_gate.{i}." for i in (0, 1, 3)},
    r"attn\.spatial_interaction\.": "attention.place_gate.",
    r"attn\.(?=qkv|proj|temperature)": "attention.",
    r"ffn\.fc1\.": "perceptron.widen.",
    r"ffn\.fc2\.": "perceptron.narrow.",
    r"ffn\.sg\.norm\.": "perceptron.norm.",
    r"ffn\.sg\.conv\.": "perceptron.spread.",
    r"(?=norm)": "",
}

LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"conv_first\.(.+)", r"head.\1"),
        (r"before_RG\.1\.(.+)", r"norm_in.\1"),
        (_PLACES + "rpe_biases", _OUR_PLACES + "offsets"),
        (_PLACES + r"pos\.pos_proj\.(.+)", _OUR_PLACES + r"first.\4"),
        *((_PLACES + rf"pos\.pos{i + 1}\.(.+)", _OUR_PLACES + rf"layers.{i}.\4") for i in range(3)),
        *((_LAYER + theirs + "(.+)", _OURS + ours + r"\3") for theirs, ours in _PARTS.items()),
        (r"layers\.(\d+)\.conv\.(.+)", r"groups.\1.end.\2"),
        (r"norm\.(.+)", r"norm_out.\1"),
        (r"conv_after_body\.(.+)", r"body_end.\1"),
        *Tail.RENAMES,
    ),
    ignored=(r".+\.attn_mask_\d", r".+relative_position_index"),
)

_SLIM: dict[str, Any] = {"channels": 60, "n_groups": 1, "depth": 18, "slim": True, "reconstruction": "direct"}

register_model("dat", replace(CARD, published=published("dat")), layout=LAYOUT)(DAT)
register_model("dat_2", TWO, layout=LAYOUT, expansion=2.0)(DAT)
register_model("dat_s", SMALL, layout=LAYOUT, expansion=2.0, window=(8, 16))(DAT)
register_model("dat_light", LIGHT, layout=LAYOUT, expansion=2.0, **_SLIM)(DAT)
