"""SwinIR, attention inside windows that shift.

J. Liang, J. Cao, G. Sun, K. Zhang, L. Van Gool, R. Timofte, "SwinIR: Image Restoration Using Swin Transformer", ICCV
Workshops 2021, 1833-1844, https://arxiv.org/abs/2108.10257. The idea in one sentence: pixels attend to each other
inside windows of 8x8, every second layer shifts the windows by half, and convolutions tie the layers together.

Deviations from the paper: none in the network. The released training code drops whole layers at random ("drop path", a
rate that grows from 0 to 0.1), which the paper does not mention and which its authors' remark calls without effect; it
is left out. Images are padded by reflection to whole windows, as the released network does; the released test script
mirrors them up to one window further before that, so its printed numbers may differ in the last digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isqrt
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers import PixelRange, WindowAttention, conv, shift_mask
from srkit.layers.tail import Reconstruction, Tail, group_end, group_sizes
from srkit.layers.windows import calm_linear
from srkit.models._published import published
from srkit.models._registry import Card, Layout, register_model, score_table
from srkit.ops.pixels import pad_to_multiple

__all__ = ["CARD", "LIGHT", "REAL", "REAL_LARGE", "SwinIR"]


class SwinLayer(nn.Module):
    """Figure 2(b), "STL": window attention and a small perceptron, each after a LayerNorm and with a skip."""

    def __init__(self, channels: int, *, n_heads: int, window: int, mlp_ratio: float, shift: bool) -> None:
        super().__init__()
        self.shift = shift
        self.norm1 = nn.LayerNorm(channels)
        self.attention = WindowAttention(channels, n_heads=n_heads, window=window)
        self.norm2 = nn.LayerNorm(channels)
        self.widen = nn.Linear(channels, int(channels * mlp_ratio))
        self.narrow = nn.Linear(int(channels * mlp_ratio), channels)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Refine ``(b, h, w, c)``; the shape stays. ``mask`` is that of :func:`shift_mask`."""
        features = features + self.attention.over(self.norm1(features), mask if self.shift else None)
        hidden: Tensor = self.narrow(F.gelu(self.widen(self.norm2(features))))
        return features + hidden


class Group(nn.Module):
    """Figure 2(a), "RSTB": ``depth`` Swin layers, a convolution, and a skip past both."""

    def __init__(self, channels: int, *, depth: int, slim: bool, **layer: Any) -> None:
        super().__init__()
        self.layers = nn.ModuleList(SwinLayer(channels, shift=i % 2 == 1, **layer) for i in range(depth))
        self.end = group_end(channels, slim=slim)

    def forward(self, features: Tensor, mask: Tensor) -> Tensor:
        """Refine ``(b, h, w, c)``; the shape stays."""
        refined = features
        for layer in self.layers:
            refined = layer(refined, mask)
        residual: Tensor = self.end(refined.movedim(-1, 1)).movedim(1, -1)
        return features + residual


class SwinIR(nn.Module):
    """Figure 2: head, groups of Swin layers with a long skip, reconstruction.

    Args:
        scale: enlargement factor.
        channels: feature channels.
        n_groups: residual groups.
        depth: layers in each group; every second one shifts its windows.
        n_heads: attention heads.
        window: side of a window, in pixels.
        mlp_ratio: width of each layer's perceptron in ``channels``.
        slim: whether groups end with three slimmer convolutions instead of one.
        reconstruction: how the image is enlarged, see :class:`Tail`.
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
        mlp_ratio: float = 2.0,
        slim: bool = False,
        reconstruction: Reconstruction = "shuffle",
        tail_channels: int = 64,
        rgb_range: float = 1.0,
    ) -> None:
        super().__init__()
        self.scale, self.window = scale, window
        self.range = PixelRange(rgb_range=rgb_range)
        self.head = conv(3, channels)
        self.norm_in, self.norm_out = nn.LayerNorm(channels), nn.LayerNorm(channels)
        layer = {"n_heads": n_heads, "window": window, "mlp_ratio": mlp_ratio}
        self.groups = nn.ModuleList(Group(channels, depth=depth, slim=slim, **layer) for _ in range(n_groups))
        self.body_end = group_end(channels, slim=slim)
        self.tail = Tail(channels, scale, reconstruction=reconstruction, tail_channels=tail_channels)
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
        drawn = self.tail(deep)  # (b, 3, s*H, s*W)
        sr = self.range.outwards(image + drawn if self.tail.reconstruction == "none" else drawn)  # (b, 3, s*H, s*W)
        return sr[..., : self.scale * h, : self.scale * w]  # (b, 3, s*h, s*w)


DF2K = {
    2: {"set5": (38.42, 0.9623), "set14": (34.46, 0.9250), "b100": (32.53, 0.9041), "urban100": (33.81, 0.9427)},
}
CARD = Card(
    title="SwinIR",
    year=2021,
    citation="J. Liang, J. Cao, G. Sun, K. Zhang, L. Van Gool, R. Timofte, SwinIR: Image Restoration Using Swin "
    "Transformer, ICCV Workshops 2021, 1833-1844",
    url="https://arxiv.org/abs/2108.10257",
    framework="post-upsampling",
    idea="Self-attention inside windows of 8x8 pixels that shift from layer to layer; convolutions between groups.",
    lesson="07",
    scales=(2, 3, 4, 8, 1),
    parameters={2: 11_752_487, 3: 11_937_127, 4: 11_900_199, 8: 12_047_911, 1: 11_604_775},
    parameters_source="JingyunLiang/SwinIR, classical SR; relative indices and masks are no parameters there either",
    tiny={"channels": 12, "n_groups": 2, "depth": 2, "n_heads": 2, "window": 4, "tail_channels": 16},
    published=score_table("Table 2 of the paper, trained on DF2K; no file at hand holds it", DF2K)
    + published("swinir"),
    deviations=(
        "the released training code's drop path, which the paper does not mention, is left out",
        "x1 is the form for noise and JPEG where a file says so: reconstruction='none' adds the result to the input",
    ),
    checkpoints="https://github.com/JingyunLiang/SwinIR/releases (Apache-2.0), .pth, loaded as they are by "
    "srkit.models.load",
)

LIGHT = replace(
    CARD,
    title="SwinIR light",
    idea="SwinIR with 60 channels and four groups, whose last convolution makes the large pixels directly.",
    scales=(2, 3, 4),
    parameters={2: 910_152, 3: 918_267, 4: 929_628},
    parameters_source="JingyunLiang/SwinIR, lightweight SR; the paper's 878 K, 886 K, 897 K leave out the 32 400 "
    "numbers of the position tables",
    published=published("swinir_light"),
)

REAL = replace(
    CARD,
    title="SwinIR real-world",
    idea="SwinIR that enlarges by nearest neighbours and convolutions, trained on images degraded as BSRGAN does.",
    scales=(2, 4),
    parameters={2: 11_678_631, 4: 11_715_559},
    parameters_source="JingyunLiang/SwinIR, real-world SR, medium",
    published=(),
)

REAL_LARGE = replace(
    REAL,
    title="SwinIR real-world, large",
    idea="Real-world SwinIR with nine groups of 240 channels and slimmer convolutions at their ends.",
    scales=(4,),
    parameters={4: 28_013_059},
    parameters_source="JingyunLiang/SwinIR, real-world SR, large",
)
LARGE = {"channels": 240, "n_groups": 9, "n_heads": 8, "slim": True, "reconstruction": "nearest"}


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    table = weights["groups.0.layers.0.attention.table"]
    channels = weights["head.weight"].shape[0]
    window = (isqrt(table.shape[0]) + 1) // 2
    return {
        **Tail.sizes_of(weights),
        "channels": channels,
        **group_sizes(weights),
        "n_heads": table.shape[1],
        "window": window,
        "mlp_ratio": weights["groups.0.layers.0.widen.weight"].shape[0] / channels,
        "slim": "groups.0.end.0.weight" in weights,
        "rgb_range": 255.0 if window == 7 else 1.0,
    }


_LAYER, _OURS = r"layers\.(\d+)\.residual_group\.blocks\.(\d+)\.", r"groups.\1.layers.\2."

LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"conv_first\.(.+)", r"head.\1"),
        (r"patch_embed\.norm\.(.+)", r"norm_in.\1"),
        (_LAYER + r"attn\.relative_position_bias_table", _OURS + "attention.table"),
        (_LAYER + r"attn\.(qkv|proj)\.(.+)", _OURS + r"attention.\3.\4"),
        (_LAYER + r"mlp\.fc1\.(.+)", _OURS + r"widen.\3"),
        (_LAYER + r"mlp\.fc2\.(.+)", _OURS + r"narrow.\3"),
        (_LAYER + r"(norm.+)", _OURS + r"\3"),
        (r"layers\.(\d+)\.conv\.(.+)", r"groups.\1.end.\2"),
        (r"norm\.(.+)", r"norm_out.\1"),
        (r"conv_after_body\.(.+)", r"body_end.\1"),
        *Tail.RENAMES,
    ),
    ignored=(r".+\.attn\.relative_position_index", r".+\.attn_mask"),
)

register_model("swinir", CARD, layout=LAYOUT)(SwinIR)
register_model("swinir_light", LIGHT, layout=LAYOUT, channels=60, n_groups=4, reconstruction="direct")(SwinIR)
register_model("swinir_real", REAL, layout=LAYOUT, reconstruction="nearest")(SwinIR)
register_model("swinir_real_large", REAL_LARGE, layout=LAYOUT, **LARGE)(SwinIR)
