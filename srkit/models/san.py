"""SAN, channels weighed by how they vary together.

T. Dai, J. Cai, Y. Zhang, S.-T. Xia, L. Zhang, "Second-Order Attention Network for Single Image Super-Resolution", CVPR
2019, 11057-11066, https://doi.org/10.1109/CVPR.2019.01132. The idea in one sentence: weigh each channel by the square
root of the channels' covariance instead of by its mean, and let the pixels of each quarter of the image see each other.

Deviations: the released code carries 38 044 parameters that nothing uses (a factor in each group, a convolution and a
second attention beside the non-local module); they are not built, and are left out when released weights are loaded.
Its mean shift was meant to be frozen and was trained, and its non-local block was meant to see every pixel and sees the
maxima of 2x2 pixels; the released weights were trained so, and both are kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers import ResidualBlock, TrainedRange, Upsampler, conv
from srkit.models._published import published
from srkit.models._registry import Card, Layout, register_model, score_table

__all__ = ["CARD", "SAN"]


def covariance(features: Tensor) -> Tensor:
    """Return how the channels of ``(b, c, h, w)`` vary together over the pixels, ``(b, c, c)`` (figure 3)."""
    pixels = features.flatten(2)
    centred = pixels - pixels.mean(dim=-1, keepdim=True)  # (b, c, h*w)
    return centred @ centred.mT / centred.shape[-1]


def square_root(matrices: Tensor, *, steps: int = 5) -> Tensor:
    """Return approximate square roots of positive semidefinite ``(b, c, c)``, by the iteration of Newton and Schulz.

    Dividing by the trace brings all eigenvalues into [0, 1], where the iteration converges; only products of matrices
    are needed, and a gradient passes through them.

    Args:
        matrices: symmetric, positive semidefinite.
        steps: each squares the relative error, once an eigenvalue is near; 5 leave small eigenvalues too small.
    """
    trace = matrices.diagonal(dim1=-2, dim2=-1).sum(-1)[:, None, None].clamp_min(1e-30)  # (b, 1, 1)
    root, inverse = matrices / trace, torch.eye(matrices.shape[-1]).to(matrices)
    three = 3 * inverse
    for _ in range(steps):
        correction = 0.5 * (three - inverse @ root)
        root, inverse = root @ correction, correction @ inverse
    return root * trace.sqrt()


class SecondOrderAttention(nn.Module):
    """Figure 3, "SOCA": channel weights from the root of the covariance.

    Args:
        channels: in and out.
        reduction: channels are squeezed to ``channels // reduction``.
        most: larger images are looked at in their middle ``most`` x ``most`` pixels only, as the released code does.
    """

    def __init__(self, channels: int, *, reduction: int, most: int = 1000) -> None:
        super().__init__()
        self.most = most
        self.squeeze = conv(channels, channels // reduction, 1)
        self.excite = conv(channels // reduction, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Weigh the channels of ``(b, channels, h, w)``; the shape stays."""
        h, w = features.shape[-2:]
        top, left = max(0, h - self.most) // 2, max(0, w - self.most) // 2
        middle = features[..., top : top + self.most, left : left + self.most]
        described = square_root(covariance(middle)).mean(dim=1)[..., None, None]  # (b, channels, 1, 1)
        weights = torch.sigmoid(self.excite(self.squeeze(described).relu()))  # (b, channels, 1, 1)
        return features * weights


class RegionNonLocal(nn.Module):
    """Figure 2, "RL-NL": in each quarter of the image every pixel sees every other (Wang et al., CVPR 2018)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        few = channels // 8
        self.query, self.key, self.value = (conv(channels, few, 1) for _ in range(3))
        self.end = conv(few, channels, 1)
        nn.init.zeros_(self.end.weight)
        nn.init.zeros_(self.end.bias)  # type: ignore[arg-type]

    def forward(self, features: Tensor) -> Tensor:
        """Add to each pixel of ``(b, channels, h, w)`` what it finds in its quarter; the shape stays."""
        h, w = features.shape[-2:]
        rows = torch.split(features, [h // 2, h - h // 2], dim=-2)
        quarters = [[self.attend(part) for part in torch.split(row, [w // 2, w - w // 2], dim=-1)] for row in rows]
        return torch.cat([torch.cat(row, dim=-1) for row in quarters], dim=-2)  # (b, channels, h, w)

    def attend(self, features: Tensor) -> Tensor:
        """Add to each pixel of ``(b, channels, h, w)`` a mean of all 2x2 maxima, weighted by a softmax over them."""
        maps = self.query(features), F.max_pool2d(self.key(features), 2), F.max_pool2d(self.value(features), 2)
        query, key, value = (tokens.flatten(2).mT[:, None].contiguous() for tokens in maps)  # (b, 1, n, c/8)
        seen = F.scaled_dot_product_attention(query, key, value, scale=1.0)[:, 0]  # (b, h*w, channels/8)
        found: Tensor = self.end(seen.mT.reshape(*seen.shape[::2], *features.shape[-2:]))  # (b, channels, h, w)
        return features + found


class AttentionGroup(nn.Module):
    """Figure 2, "LSRAG": residual blocks, second-order attention, a convolution, and a skip past all."""

    def __init__(self, channels: int, *, n_blocks: int, reduction: int) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*(ResidualBlock(channels) for _ in range(n_blocks)))
        self.attention = SecondOrderAttention(channels, reduction=reduction)
        self.end = conv(channels, channels)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        residual: Tensor = self.end(self.attention(self.blocks(features)))
        return features + residual


class SAN(nn.Module):
    """Figure 2: head, groups between two passes through one non-local block, upsampler, tail.

    Args:
        scale: enlargement factor.
        channels: feature channels.
        n_groups: attention groups.
        n_blocks: residual blocks in each group.
        reduction: by how much the attention squeezes the channels.
        rgb_range: the value of white inside the network; the released weights have 255.
    """

    def __init__(
        self,
        *,
        scale: int,
        channels: int = 64,
        n_groups: int = 20,
        n_blocks: int = 10,
        reduction: int = 16,
        rgb_range: float = 255.0,
    ) -> None:
        super().__init__()
        self.scale = scale
        self.range = TrainedRange(rgb_range=rgb_range)
        self.head = conv(3, channels)
        self.non_local = RegionNonLocal(channels)
        group = {"n_blocks": n_blocks, "reduction": reduction}
        self.groups = nn.ModuleList(AttentionGroup(channels, **group) for _ in range(n_groups))
        self.share = nn.Parameter(torch.zeros(1))
        self.upsampler = Upsampler(channels, scale)
        self.tail = conv(channels, 3)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        shallow = self.head(self.range.inwards(lr))  # (b, 64, h, w)
        source = deep = self.non_local(shallow)
        for group in self.groups:
            deep = group(deep) + self.share * source  # the share-source skip
        deep = shallow + self.non_local(deep)
        large = self.upsampler(deep)  # (b, 64, s*h, s*w)
        return self.range.outwards(self.tail(large))  # (b, 3, s*h, s*w)


ROWS = {
    2: {"set5": (38.31, 0.9620), "set14": (34.07, 0.9213), "b100": (32.42, 0.9028), "urban100": (33.10, 0.9370)},
}

CARD = Card(
    title="SAN",
    year=2019,
    citation="T. Dai, J. Cai, Y. Zhang, S.-T. Xia, L. Zhang, Second-Order Attention Network for Single Image "
    "Super-Resolution, CVPR 2019, 11057-11066",
    url="https://doi.org/10.1109/CVPR.2019.01132",
    framework="post-upsampling",
    idea="Channels are weighed by the square root of their covariance, not by their mean.",
    lesson="07",
    scales=(2, 3, 4, 8),
    parameters={2: 15_674_756, 3: 15_859_396, 4: 15_822_468, 8: 15_970_180},
    parameters_source="daitao/SAN registers 15 712 800, 15 897 440, 15 860 512, 16 008 224; 38 044 of them never "
    "receive a gradient and are not built",
    tiny={"channels": 16, "n_groups": 2, "n_blocks": 1, "reduction": 4},
    published=score_table("the paper's table of results; no file at hand holds it", ROWS) + published("san"),
    deviations=(
        "38 044 parameters of the released code that nothing uses are not built",
        "the mean shift is trained, as in the released code (24 parameters), although it was meant to be frozen",
        "keys and values of the non-local block are pooled 2x2, as in the released code, which asks for no pooling",
    ),
    checkpoints="https://github.com/daitao/SAN (no licence file: ask the authors), .pt, loaded as they are by "
    "srkit.models.load",
    quiet_parameters={
        "non_local.query.*": "the block ends in a zero at the start (W = 0), so nothing reaches its inside",
        "non_local.key.*": "as non_local.query",
        "non_local.value.*": "as non_local.query",
        "*.attention.squeeze.*": "with few channels after the squeeze, all its ReLUs can be off at the start",
        "*.attention.excite.weight": "reads those ReLUs",
    },
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    squeeze = weights["groups.0.attention.squeeze.weight"]
    n_groups = sum(key.endswith("attention.squeeze.weight") for key in weights)
    return {
        "scale": Upsampler.scale_of(weights, "upsampler"),
        "channels": squeeze.shape[1],
        "n_groups": n_groups,
        "n_blocks": sum(key.endswith(".conv1.weight") for key in weights) // n_groups,
        "reduction": squeeze.shape[1] // squeeze.shape[0],
        "rgb_range": TrainedRange.rgb_range_of(weights),
    }


LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        *TrainedRange.RENAMES,
        (r"head\.0\.(.+)", r"head.\1"),
        (r"gamma", r"share"),
        (r"RG\.(\d+)\.rcab\.(\d+)\.conv_first\.0\.(.+)", r"groups.\1.blocks.\2.conv1.\3"),
        (r"RG\.(\d+)\.rcab\.(\d+)\.conv_first\.2\.(.+)", r"groups.\1.blocks.\2.conv2.\3"),
        (r"RG\.(\d+)\.soca\.conv_du\.0\.(.+)", r"groups.\1.attention.squeeze.\2"),
        (r"RG\.(\d+)\.soca\.conv_du\.2\.(.+)", r"groups.\1.attention.excite.\2"),
        (r"RG\.(\d+)\.conv_last\.(.+)", r"groups.\1.end.\2"),
        (r"non_local\.non_local\.theta\.(.+)", r"non_local.query.\1"),
        (r"non_local\.non_local\.phi\.0\.(.+)", r"non_local.key.\1"),
        (r"non_local\.non_local\.g\.0\.(.+)", r"non_local.value.\1"),
        (r"non_local\.non_local\.W\.(.+)", r"non_local.end.\1"),
        (r"tail\.0\.(.+)", r"upsampler.\1"),
        (r"tail\.1\.(.+)", r"tail.\1"),
    ),
    ignored=(r"RG\.\d+\.gamma", r"conv_last\..+", r"non_local\.soca\..+"),
)

register_model("san", CARD, layout=LAYOUT)(SAN)
