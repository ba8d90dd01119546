"""HAT, window attention beside channel attention, and windows that look over their border.

X. Chen, X. Wang, J. Zhou, Y. Qiao, C. Dong, "Activating More Pixels in Image Super-Resolution Transformer", CVPR 2023,
22367-22377, https://arxiv.org/abs/2205.04437. The idea in one sentence: attention inside windows of 16x16 uses more of
the input where a convolution with channel attention stands beside it and where a last layer of each group finds its
keys in windows half as large again, which overlap.

Deviations from the paper: the released training code's drop path is left out. Keys outside the image are zeros that
take part with the score of their place, as in the released code.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isqrt
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers import PixelRange, WindowAttention, conv, partition, shift_mask
from srkit.layers.tail import Tail, group_sizes
from srkit.layers.windows import assemble, attend, calm_linear
from srkit.models._published import published
from srkit.models._registry import Card, Layout, register_model
from srkit.ops.pixels import pad_to_multiple

__all__ = ["CARD", "HAT", "LARGE", "SMALL"]


def overlapping_index(window: int, keys: int) -> Tensor:
    """Return for each pixel of a window and each of the larger one around it a row of the table, ``(area, areas)``."""
    place, other = (torch.cartesian_prod(torch.arange(side), torch.arange(side)) for side in (window, keys))
    down, right = (other[None] - place[:, None] + window - 1).unbind(-1)  # each (area, areas)
    return down * (window + keys - 1) + right


class OverlappingAttention(nn.Module):
    """Section 3.2, "OCA": the pixels of a window attend to those of a larger window around it.

    Args:
        channels: in and out; divided among the heads.
        n_heads: attention maps side by side.
        window: side of a window of queries.
        keys: side of the window of keys and values around it.
    """

    index: Tensor

    def __init__(self, channels: int, *, n_heads: int, window: int, keys: int) -> None:
        super().__init__()
        self.n_heads, self.window, self.keys = n_heads, window, keys
        self.table = nn.Parameter(nn.init.trunc_normal_(torch.empty((window + keys - 1) ** 2, n_heads), std=0.02))
        self.qkv, self.proj = nn.Linear(channels, 3 * channels), nn.Linear(channels, channels)
        self.register_buffer("index", overlapping_index(window, keys), persistent=False)

    def forward(self, features: Tensor) -> Tensor:
        """Let the pixels of ``(b, h, w, c)`` attend; the shape stays."""
        b, h, w, c = features.shape
        heads, size, around = self.n_heads, c // self.n_heads, (self.keys - self.window) // 2
        wanted, offered = self.qkv(features).split((c, 2 * c), dim=-1)  # (b, h, w, c) and (b, h, w, 2*c)
        query = partition(wanted, self.window).view(-1, self.window**2, heads, size)  # (b*n, area, heads, size)
        offered = offered.movedim(-1, 1)  # (b, 2*c, h, w)
        larger = F.unfold(offered, self.keys, padding=around, stride=self.window)  # (b, 2*c*areas, n)
        larger = larger.view(b, 2, heads, size, self.keys**2, -1)  # (b, 2, heads, size, areas, n)
        key, value = larger.permute(1, 0, 5, 2, 4, 3).flatten(1, 2)  # each (b*n, heads, areas, size)
        bias = self.table[self.index].permute(2, 0, 1)  # (heads, area, areas)
        seen = attend(query.transpose(1, 2), key, value, bias, None)  # (b*n, heads, area, size)
        seen = seen.transpose(1, 2).reshape(b, -1, self.window**2, c)  # (b, n, area, c)
        mixed: Tensor = self.proj(assemble(seen, h, w))  # (b, h, w, c)
        return mixed


class Perceptron(nn.Sequential):
    """A LayerNorm and two linear layers with a GELU between them, and a skip past all."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__(nn.LayerNorm(channels), nn.Linear(channels, hidden), nn.GELU(), nn.Linear(hidden, channels))

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, h, w, c)``; the shape stays."""
        refined = features
        for layer in self:
            refined = layer(refined)
        return features + refined


class HybridLayer(nn.Module):
    """Figure 2(a), "HAB": window attention and, weighed by 0.01, two convolutions with channel attention beside it."""

    def __init__(
        self, channels: int, *, n_heads: int, window: int, compression: int, reduction: int, expansion: float
    ) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(channels)
        self.attention = WindowAttention(channels, n_heads=n_heads, window=window)
        few, fewer = channels // compression, channels // reduction
        self.local = nn.Sequential(conv(channels, few), nn.GELU(), conv(few, channels))
        squeeze, excite = conv(channels, fewer, 1), conv(fewer, channels, 1)
        self.gate = nn.Sequential(nn.AdaptiveAvgPool2d(1), squeeze, nn.ReLU(), excite, nn.Sigmoid())
        self.perceptron = Perceptron(channels, int(channels * expansion))

    def forward(self, features: Tensor, mask: Tensor | None) -> Tensor:
        """Refine ``(b, h, w, c)``; the shape stays. With ``mask``, that of :func:`shift_mask`, the windows shift."""
        calm = self.norm(features)
        near = self.local(calm.movedim(-1, 1))  # (b, c, h, w)
        near = (near * self.gate(near)).movedim(1, -1)  # (b, h, w, c)
        refined: Tensor = self.perceptron(features + self.attention.over(calm, mask) + 0.01 * near)
        return refined


class Group(nn.Module):
    """Figure 2, "RHAG": hybrid layers, one layer of overlapping attention, a convolution, and a skip past all."""

    def __init__(self, channels: int, *, depth: int, keys: int, **layer: Any) -> None:
        super().__init__()
        self.layers = nn.ModuleList(HybridLayer(channels, **layer) for _ in range(depth))
        self.norm = nn.LayerNorm(channels)
        self.overlap = OverlappingAttention(channels, n_heads=layer["n_heads"], window=layer["window"], keys=keys)
        self.perceptron = Perceptron(channels, int(channels * layer["expansion"]))
        self.end = conv(channels, channels)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Refine ``(b, h, w, c)``; the shape stays."""
        refined = features
        for i, layer in enumerate(self.layers):
            refined = layer(refined, mask if i % 2 else None)
        refined = self.perceptron(refined + self.overlap(self.norm(refined)))
        residual: Tensor = self.end(refined.movedim(-1, 1)).movedim(1, -1)
        return features + residual


class HAT(nn.Module):
    """Figure 2: head, groups of hybrid layers with a long skip, reconstruction.

    Args:
        scale: enlargement factor.
        channels: feature channels.
        n_groups: residual groups.
        depth: hybrid layers in each group; every second one shifts its windows.
        n_heads: attention heads.
        window: side of a window, in pixels.
        keys: side of the window in which the last layer of a group finds its keys.
        compression: by how much the convolutions beside the attention narrow the channels.
        reduction: by how much the channel attention squeezes them.
        expansion: width of each layer's perceptron in ``channels``.
        tail_channels: channels while the image is enlarged.
    """

    def __init__(
        self,
        *,
        scale: int,
        channels: int = 180,
        n_groups: int = 6,
        depth: int = 6,
        n_heads: int = 6,
        window: int = 16,
        keys: int = 24,
        compression: int = 3,
        reduction: int = 30,
        expansion: float = 2.0,
        tail_channels: int = 64,
    ) -> None:
        super().__init__()
        self.scale, self.window = scale, window
        self.range = PixelRange(rgb_range=1.0)
        self.head = conv(3, channels)
        self.norm_in, self.norm_out = nn.LayerNorm(channels), nn.LayerNorm(channels)
        sizes: dict[str, Any] = {"depth": depth, "n_heads": n_heads, "window": window, "keys": keys}
        sizes |= {"compression": compression, "reduction": reduction, "expansion": expansion}
        self.groups = nn.ModuleList(Group(channels, **sizes) for _ in range(n_groups))
        self.body_end = conv(channels, channels)
        self.tail = Tail(channels, scale, reconstruction="shuffle", tail_channels=tail_channels)
        self.apply(calm_linear)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        h, w = lr.shape[-2:]
        image = self.range.inwards(pad_to_multiple(lr, self.window))  # (b, 3, H, W)
        mask = shift_mask(image.shape[-2], image.shape[-1], self.window).to(image)
        shallow = self.head(image)  # (b, c, H, W)
        deep = self.norm_in(shallow.movedim(1, -1))  # (b, H, W, c)
        for group in self.groups:
            deep = group(deep, mask)
        deep = shallow + self.body_end(self.norm_out(deep).movedim(-1, 1))  # (b, c, H, W)
        sr = self.range.outwards(self.tail(deep))  # (b, 3, s*H, s*W)
        return sr[..., : self.scale * h, : self.scale * w]  # (b, 3, s*h, s*w)


CARD = Card(
    title="HAT",
    year=2023,
    citation="X. Chen, X. Wang, J. Zhou, Y. Qiao, C. Dong, Activating More Pixels in Image Super-Resolution "
    "Transformer, CVPR 2023, 22367-22377",
    url="https://arxiv.org/abs/2205.04437",
    framework="post-upsampling",
    idea="Window attention beside channel attention; a last layer of each group looks over the windows' borders.",
    lesson="17",
    scales=(2, 3, 4),
    parameters={2: 20_624_795, 3: 20_809_435, 4: 20_772_507},
    parameters_source="XPixelGroup/HAT; relative indices are no parameters there either",
    tiny={
        "channels": 16,
        "n_groups": 1,
        "depth": 2,
        "n_heads": 2,
        "window": 4,
        "keys": 6,
        "compression": 2,
        "reduction": 4,
        "tail_channels": 16,
    },
    published=published("hat"),
    deviations=("the released training code's drop path is left out",),
    checkpoints="XPixelGroup/HAT (Apache-2.0) on a drive, Real_HAT_GAN_SRx4 among them; models of the community",
)

SMALL = replace(
    CARD,
    title="HAT-S",
    idea="HAT with 144 channels and very narrow convolutions beside the attention.",
    parameters={2: 9_473_471, 3: 9_658_111, 4: 9_621_183},
    published=published("hat_s"),
)

LARGE = replace(
    CARD,
    title="HAT-L",
    idea="HAT with twelve groups.",
    parameters={2: 40_698_863, 3: 40_883_503, 4: 40_846_575},
    published=(),
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    channels = weights["head.weight"].shape[0]
    table = weights["groups.0.layers.0.attention.table"]
    window = (isqrt(table.shape[0]) + 1) // 2
    return {
        "scale": Tail.sizes_of(weights)["scale"],
        "channels": channels,
        **group_sizes(weights),
        "n_heads": table.shape[1],
        "window": window,
        "keys": isqrt(weights["groups.0.overlap.table"].shape[0]) + 1 - window,
        "compression": channels // weights["groups.0.layers.0.local.0.weight"].shape[0],
        "reduction": channels // weights["groups.0.layers.0.gate.1.weight"].shape[0],
        "expansion": weights["groups.0.layers.0.perceptron.1.weight"].shape[0] / channels,
        "tail_channels": weights["tail.last.weight"].shape[1],
    }


_LAYER, _OURS = r"layers\.(\d+)\.residual_group\.blocks\.(\d+)\.", r"groups.\1.layers.\2."
_OVERLAP = r"layers\.(\d+)\.residual_group\.overlap_attn\."
_PERCEPTRON = {r"norm2\.": 0, r"mlp\.fc1\.": 1, r"mlp\.fc2\.": 3}

LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"conv_first\.(.+)", r"head.\1"),
        (r"patch_embed\.norm\.(.+)", r"norm_in.\1"),
        (_LAYER + r"attn\.relative_position_bias_table", _OURS + "attention.table"),
        (_LAYER + r"attn\.(qkv|proj)\.(.+)", _OURS + r"attention.\3.\4"),
        (_LAYER + r"conv_block\.cab\.([02])\.(.+)", _OURS + r"local.\3.\4"),
        (_LAYER + r"conv_block\.cab\.3\.attention\.1\.(.+)", _OURS + r"gate.1.\3"),
        (_LAYER + r"conv_block\.cab\.3\.attention\.3\.(.+)", _OURS + r"gate.3.\3"),
        (_LAYER + r"norm1\.(.+)", _OURS + r"norm.\3"),
        *((_LAYER + theirs + "(.+)", _OURS + rf"perceptron.{i}.\3") for theirs, i in _PERCEPTRON.items()),
        (_OVERLAP + "relative_position_bias_table", r"groups.\1.overlap.table"),
        (_OVERLAP + r"(qkv|proj)\.(.+)", r"groups.\1.overlap.\2.\3"),
        (_OVERLAP + r"norm1\.(.+)", r"groups.\1.norm.\2"),
        *((_OVERLAP + theirs + "(.+)", rf"groups.\1.perceptron.{i}.\2") for theirs, i in _PERCEPTRON.items()),
        (r"layers\.(\d+)\.conv\.(.+)", r"groups.\1.end.\2"),
        (r"norm\.(.+)", r"norm_out.\1"),
        (r"conv_after_body\.(.+)", r"body_end.\1"),
        *Tail.RENAMES,
    ),
    ignored=(r"relative_position_index_(SA|OCA)",),
)

register_model("hat", CARD, layout=LAYOUT)(HAT)
register_model("hat_s", SMALL, layout=LAYOUT, channels=144, compression=24, reduction=24)(HAT)
register_model("hat_l", LARGE, layout=LAYOUT, n_groups=12)(HAT)
