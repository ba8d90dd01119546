"""Swin2SR, SwinIR with the attention and the normalisation of Swin transformer V2.

M. V. Conde, U.-J. Choi, M. Burchi, R. Timofte, "Swin2SR: SwinV2 Transformer for Compressed Image Super-Resolution and
Restoration", ECCV Workshops 2022, 669-687, https://arxiv.org/abs/2209.11345; the attention is that of Z. Liu et al.,
"Swin Transformer V2", CVPR 2022, https://arxiv.org/abs/2111.09883. The idea in one sentence: pixels of a window are
compared by the cosine of the angle between their features, a small network gives the bias of every offset, and each
layer normalises what it adds instead of what it reads, so that training stays stable.

Deviations from the released code: its drop path is left out. In the form for compressed images, the interpolated input
belongs to the whole padded image and is cropped with it; the released code squeezes the padded image into the size of
the input, which shifts it by up to seven pixels unless both sides are multiples of 8. The form that also returns the
high frequencies has no released file and is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import log, log2, sqrt
from typing import Any, Literal

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers import PixelRange, Upsampler, conv, shift_mask
from srkit.layers.tail import Reconstruction, Tail, group_end, group_sizes
from srkit.layers.windows import Windowed, attend, calm_linear, relative_index
from srkit.models._registry import Card, Layout, register_model
from srkit.ops.pixels import pad_to_multiple

__all__ = ["CARD", "COMPRESSED", "LIGHT", "REAL", "Swin2SR"]


def log_spaced_offsets(window: int) -> Tensor:
    """Return the offsets of a window's pixels, down and right, on a logarithmic scale, ``((2*window-1)**2, 2)``.

    Equation 4 of Swin V2: the farthest offset is 8, and the result is divided by log2(8), as the released code does.
    """
    away = torch.arange(1 - window, window) * (8 / (window - 1))
    spaced = away.sign() * (away.abs() + 1).log2() / log2(8)  # (2*window-1,)
    return torch.cartesian_prod(spaced, spaced)


class CosineAttention(Windowed):
    """Attention between the pixels of a window by the angle of their features (Swin V2, section 3.2 and 3.3).

    Args:
        channels: in and out; divided among the heads.
        n_heads: attention maps side by side.
        window: side of a window, at least 2.
    """

    index: Tensor
    offsets: Tensor

    def __init__(self, channels: int, *, n_heads: int, window: int) -> None:
        super().__init__()
        self.n_heads, self.window = n_heads, window
        self.sharpness = nn.Parameter(torch.full((n_heads, 1, 1), log(10)))
        self.bias = nn.Sequential(nn.Linear(2, 512), nn.ReLU(), nn.Linear(512, n_heads, bias=False))
        self.qkv = nn.Linear(channels, 3 * channels, bias=False)
        self.query_bias, self.value_bias = (nn.Parameter(torch.zeros(channels)) for _ in range(2))
        self.proj = nn.Linear(channels, channels)
        self.register_buffer("index", relative_index(window), persistent=False)
        self.register_buffer("offsets", log_spaced_offsets(window), persistent=False)

    def forward(self, windows: Tensor, mask: Tensor | None) -> Tensor:
        """Let the pixels of ``(b, n, area, c)`` attend to each other, where ``mask`` ``(n, area, area)`` allows it."""
        b, n, area, c = windows.shape
        shift = torch.cat((self.query_bias, torch.zeros_like(self.query_bias), self.value_bias))  # (3*c,)
        qkv = (self.qkv(windows) + shift).view(b * n, area, 3, self.n_heads, -1)  # (b*n, area, 3, heads, c/heads)
        query, key, value = qkv.permute(2, 0, 3, 1, 4)  # each (b*n, heads, area, c/heads)
        sharpness = self.sharpness.clamp(max=log(100)).exp() * sqrt(query.shape[-1])  # attend() divides by this root
        bias = 16 * torch.sigmoid(self.bias(self.offsets))[self.index].permute(2, 0, 1)  # (heads, area, area)
        directions = F.normalize(query, dim=-1) * sharpness, F.normalize(key, dim=-1)
        seen = attend(*directions, value, bias, None if mask is None else mask[:, None])
        mixed: Tensor = self.proj(seen.transpose(1, 2).reshape(b, n, area, c))  # (b, n, area, c)
        return mixed


class SwinLayer(nn.Module):
    """Figure 3, "STL": cosine attention and a small perceptron; a LayerNorm ends each before it is added."""

    def __init__(self, channels: int, *, n_heads: int, window: int, expansion: float, shift: bool) -> None:
        super().__init__()
        self.shift = shift
        self.attention = CosineAttention(channels, n_heads=n_heads, window=window)
        self.norm1, self.norm2 = nn.LayerNorm(channels), nn.LayerNorm(channels)
        hidden = int(channels * expansion)
        self.perceptron = nn.Sequential(nn.Linear(channels, hidden), nn.GELU(), nn.Linear(hidden, channels))

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Refine ``(b, h, w, c)``; the shape stays. ``mask`` is that of :func:`shift_mask`."""
        features = features + self.norm1(self.attention.over(features, mask if self.shift else None))
        refined: Tensor = features + self.norm2(self.perceptron(features))
        return refined


class Group(nn.Module):
    """Figure 3, "RSTB": ``depth`` layers, a convolution and a 1x1 convolution, and a skip past all of them."""

    def __init__(self, channels: int, *, depth: int, slim: bool, **layer: Any) -> None:
        super().__init__()
        self.layers = nn.ModuleList(SwinLayer(channels, shift=i % 2 == 1, **layer) for i in range(depth))
        self.end = group_end(channels, slim=slim)
        self.mix = conv(channels, channels, 1)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Refine ``(b, h, w, c)``; the shape stays."""
        refined = features
        for layer in self.layers:
            refined = layer(refined, mask)
        residual: Tensor = self.mix(self.end(refined.movedim(-1, 1))).movedim(1, -1)
        return features + residual


class AuxiliaryTail(nn.Module):
    """Section 3.2, for compressed images: a small image is made first, and the interpolated input is added."""

    reconstruction = "auxiliary"

    def __init__(self, channels: int, scale: int, *, tail_channels: int) -> None:
        super().__init__()
        self.scale = scale
        self.first = conv(channels, tail_channels)
        self.small = conv(tail_channels, 3)
        self.again = conv(3, tail_channels)
        self.interpolated = conv(3, tail_channels)
        self.upsampler = Upsampler(tail_channels, scale)
        self.last = conv(tail_channels, 3)

    def forward(self, features: Tensor, image: Tensor) -> Tensor:
        """Make ``(b, 3, scale*h, scale*w)`` of features ``(b, c, h, w)`` and image ``(b, 3, h, w)``."""
        small = self.small(F.leaky_relu_(self.first(features)))  # (b, 3, h, w)
        large = self.upsampler(F.leaky_relu_(self.again(small)))  # (b, 64, s*h, s*w)
        plain = F.interpolate(image, scale_factor=float(self.scale), mode="bicubic")  # (b, 3, s*h, s*w)
        drawn: Tensor = self.last(large + self.interpolated(plain))  # (b, 3, s*h, s*w)
        return drawn


class Swin2SR(nn.Module):
    """Figure 3: head, groups of Swin V2 layers with a long skip, reconstruction.

    Args:
        scale: enlargement factor.
        channels: feature channels.
        n_groups: residual groups.
        depth: layers in each group; every second one shifts its windows.
        n_heads: attention heads.
        window: side of a window, in pixels, at least 2.
        expansion: width of each layer's perceptron in ``channels``.
        slim: whether groups end with three slimmer convolutions instead of one.
        reconstruction: how the image is enlarged, see :class:`Tail`, or "auxiliary", see :class:`AuxiliaryTail`.
        tail_channels: channels while it is.
        rgb_range: the value of white inside the network; 255 in those released against JPEG, whose windows are 7.
    """

    def __init__(
        self,
        *,
        scale: int,
        channels: int = 180,
        n_groups: int = 6,
        depth: int = 6,
        n_heads: int = 6,
        window: int = 8,
        expansion: float = 2.0,
        slim: bool = False,
        reconstruction: Reconstruction | Literal["auxiliary"] = "shuffle",
        tail_channels: int = 64,
        rgb_range: float = 1.0,
    ) -> None:
        super().__init__()
        self.scale, self.window = scale, window
        self.range = PixelRange(rgb_range=rgb_range)
        self.head, self.mix = conv(3, channels), conv(channels, channels, 1)
        self.norm_in, self.norm_out = nn.LayerNorm(channels), nn.LayerNorm(channels)
        layer = {"n_heads": n_heads, "window": window, "expansion": expansion}
        self.groups = nn.ModuleList(Group(channels, depth=depth, slim=slim, **layer) for _ in range(n_groups))
        self.body_end = group_end(channels, slim=slim)
        if reconstruction == "auxiliary":
            self.tail: AuxiliaryTail | Tail = AuxiliaryTail(channels, scale, tail_channels=tail_channels)
        else:
            self.tail = Tail(channels, scale, reconstruction=reconstruction, tail_channels=tail_channels)
        self.apply(calm_linear)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        h, w = lr.shape[-2:]
        image = self.range.inwards(pad_to_multiple(lr, self.window))  # (b, 3, H, W)
        mask = shift_mask(image.shape[-2], image.shape[-1], self.window).to(image)
        shallow = self.head(image)  # (b, c, H, W)
        deep = self.norm_in(self.mix(shallow).movedim(1, -1))  # (b, H, W, c)
        for group in self.groups:
            deep = group(deep, mask)
        deep = shallow + self.body_end(self.norm_out(deep).movedim(-1, 1))  # (b, c, H, W)
        drawn = self.tail(deep, image) if self.tail.reconstruction == "auxiliary" else self.tail(deep)
        drawn = image + drawn if self.tail.reconstruction == "none" else drawn  # (b, 3, s*H, s*W)
        return self.range.outwards(drawn)[..., : self.scale * h, : self.scale * w]  # (b, 3, s*h, s*w)


CARD = Card(
    title="Swin2SR",
    year=2022,
    citation="M. V. Conde, U.-J. Choi, M. Burchi, R. Timofte, Swin2SR: SwinV2 Transformer for Compressed Image "
    "Super-Resolution and Restoration, ECCV Workshops 2022, 669-687",
    url="https://arxiv.org/abs/2209.11345",
    framework="post-upsampling",
    idea="SwinIR whose windows compare pixels by angle and whose layers normalise what they add.",
    lesson="12",
    scales=(2, 3, 4, 1),
    parameters={2: 12_091_571, 3: 12_276_211, 4: 12_239_283, 1: 11_943_859},
    parameters_source="mv-lab/swin2sr, classical SR; offsets, indices and masks are no parameters there either",
    tiny={"channels": 12, "n_groups": 1, "depth": 2, "n_heads": 2, "window": 4, "tail_channels": 16},
    deviations=(
        "the released training code's drop path is left out",
        "x1 is the form against noise and JPEG where a file says so: reconstruction='none' adds to the input",
    ),
    checkpoints="https://github.com/mv-lab/swin2sr/releases (Apache-2.0), .pth, loaded as they are by "
    "srkit.models.load; not Swin2SR_Jpeg_dynamic, which is for gray images alone",
)

LIGHT = replace(
    CARD,
    title="Swin2SR light",
    idea="Swin2SR with 60 channels and four groups, whose last convolution makes the large pixels directly.",
    scales=(2, 3, 4),
    parameters={2: 1_005_348, 3: 1_013_463, 4: 1_024_824},
    parameters_source="mv-lab/swin2sr, lightweight SR",
)

REAL = replace(
    CARD,
    title="Swin2SR real-world",
    idea="Swin2SR that enlarges by nearest neighbours and convolutions, trained on images degraded as BSRGAN does.",
    scales=(4,),
    parameters={4: 12_054_643},
    parameters_source="mv-lab/swin2sr, real-world SR",
)

COMPRESSED = replace(
    CARD,
    title="Swin2SR compressed",
    idea="Swin2SR for JPEG images: a small image is restored first, then enlarged beside the interpolated input.",
    scales=(2, 3, 4),
    parameters={2: 12_096_886, 3: 12_281_526, 4: 12_244_598},
    parameters_source="mv-lab/swin2sr, compressed SR",
    deviations=(
        *CARD.deviations[:1],
        "the interpolated input is not squeezed where sides are no multiples of 8, as the released code does",
    ),
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    channels = weights["head.weight"].shape[0]
    offsets = weights.get("groups.0.layers.0.attention.offsets")  # in published files alone
    window = 8 if offsets is None else (offsets.shape[1] + 1) // 2
    return {
        **Tail.sizes_of(weights),
        **({"reconstruction": "auxiliary"} if "tail.small.weight" in weights else {}),
        "channels": channels,
        **group_sizes(weights),
        "n_heads": weights["groups.0.layers.0.attention.sharpness"].shape[0],
        "window": window,
        "expansion": weights["groups.0.layers.0.perceptron.0.weight"].shape[0] / channels,
        "slim": "groups.0.end.0.weight" in weights,
        "rgb_range": 255.0 if window == 7 else 1.0,
    }


_LAYER, _OURS = r"layers\.(\d+)\.residual_group\.blocks\.(\d+)\.", r"groups.\1.layers.\2."

LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"conv_first\.(.+)", r"head.\1"),
        (r"patch_embed\.proj\.(.+)", r"mix.\1"),
        (r"patch_embed\.norm\.(.+)", r"norm_in.\1"),
        (_LAYER + r"attn\.logit_scale", _OURS + "attention.sharpness"),
        (_LAYER + r"attn\.cpb_mlp\.(.+)", _OURS + r"attention.bias.\3"),
        (_LAYER + r"attn\.q_bias", _OURS + "attention.query_bias"),
        (_LAYER + r"attn\.v_bias", _OURS + "attention.value_bias"),
        (_LAYER + r"attn\.relative_coords_table", _OURS + "attention.offsets"),
        (_LAYER + r"attn\.(qkv|proj)\.(.+)", _OURS + r"attention.\3.\4"),
        (_LAYER + r"mlp\.fc1\.(.+)", _OURS + r"perceptron.0.\3"),
        (_LAYER + r"mlp\.fc2\.(.+)", _OURS + r"perceptron.2.\3"),
        (_LAYER + r"(norm.+)", _OURS + r"\3"),
        (r"layers\.(\d+)\.conv\.(.+)", r"groups.\1.end.\2"),
        (r"layers\.(\d+)\.patch_embed\.proj\.(.+)", r"groups.\1.mix.\2"),
        (r"norm\.(.+)", r"norm_out.\1"),
        (r"conv_after_body\.(.+)", r"body_end.\1"),
        (r"conv_aux\.(.+)", r"tail.small.\1"),
        (r"conv_after_aux\.0\.(.+)", r"tail.again.\1"),
        (r"conv_bicubic\.(.+)", r"tail.interpolated.\1"),
        *Tail.RENAMES,
    ),
    ignored=(r".+\.attention\.offsets", r".+\.attn\.relative_position_index", r".+\.attn_mask"),
)

register_model("swin2sr", CARD, layout=LAYOUT)(Swin2SR)
register_model("swin2sr_light", LIGHT, layout=LAYOUT, channels=60, n_groups=4, reconstruction="direct")(Swin2SR)
register_model("swin2sr_real", REAL, layout=LAYOUT, reconstruction="nearest")(Swin2SR)
register_model("swin2sr_compressed", COMPRESSED, layout=LAYOUT, reconstruction="auxiliary")(Swin2SR)
