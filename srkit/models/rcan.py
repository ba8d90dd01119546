"""RCAN, four hundred layers and channel attention.

Y. Zhang, K. Li, K. Li, L. Wang, B. Zhong, Y. Fu, "Image Super-Resolution Using Very Deep Residual Channel Attention
Networks", ECCV 2018, 294-310, https://arxiv.org/abs/1807.02758. The idea in one sentence: nest residual blocks in
residual groups so that low frequencies go past them, and let each block weigh its channels by their global mean.

Deviations from the paper: the frozen mean shift of the released code is a buffer, so it counts no parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from srkit.layers import PixelRange, Upsampler, conv
from srkit.models._published import published
from srkit.models._registry import Card, Layout, register_model, score_table

__all__ = ["CARD", "RCAN", "SMALL"]


def attend(features: Tensor, squeeze: nn.Module, excite: nn.Module) -> Tensor:
    """Weigh each channel of ``(b, channels, h, w)`` by a number in (0, 1) made of all channels' means (section 3.3)."""
    means = features.mean(dim=(-2, -1), keepdim=True)  # (b, channels, 1, 1)
    weights = torch.sigmoid(excite(squeeze(means).relu()))  # (b, channels, 1, 1)
    return features * weights


class ChannelAttention(nn.Module):
    """Section 3.3, figure 3: remembers the two 1x1 convolutions of :func:`attend`.

    Args:
        channels: in and out.
        reduction: channels are squeezed to ``channels // reduction``.
    """

    def __init__(self, channels: int, *, reduction: int) -> None:
        super().__init__()
        self.squeeze = conv(channels, channels // reduction, 1)
        self.excite = conv(channels // reduction, channels, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Weigh the channels of ``(b, channels, h, w)``; the shape stays."""
        return attend(features, self.squeeze, self.excite)


class AttentionBlock(nn.Module):
    """Section 3.4, figure 4, "RCAB": convolution, ReLU, convolution, channel attention, short skip."""

    def __init__(self, channels: int, *, reduction: int) -> None:
        super().__init__()
        self.conv1 = conv(channels, channels)
        self.conv2 = conv(channels, channels)
        self.attention = ChannelAttention(channels, reduction=reduction)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        residual: Tensor = self.attention(self.conv2(self.conv1(features).relu_()))
        return features + residual


class ResidualGroup(nn.Module):
    """Section 3.2: blocks, a convolution, and a skip past both."""

    def __init__(self, channels: int, *, n_blocks: int, reduction: int) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*(AttentionBlock(channels, reduction=reduction) for _ in range(n_blocks)))
        self.end = conv(channels, channels)

    def forward(self, features: Tensor) -> Tensor:
        """Refine ``(b, channels, h, w)``; the shape stays."""
        residual: Tensor = self.end(self.blocks(features))
        return features + residual


class RCAN(nn.Module):
    """Figure 2: head, residual in residual, upsampler, tail.

    Args:
        scale: enlargement factor.
        channels: feature channels.
        n_groups: residual groups.
        n_blocks: attention blocks in each group.
        reduction: by how much the attention squeezes the channels.
        rgb_range: the value of white inside the network; the released weights have 255.
    """

    def __init__(
        self,
        *,
        scale: int,
        channels: int = 64,
        n_groups: int = 10,
        n_blocks: int = 20,
        reduction: int = 16,
        rgb_range: float = 255.0,
    ) -> None:
        super().__init__()
        self.scale = scale
        self.range = PixelRange(rgb_range=rgb_range)
        self.head = conv(3, channels)
        group = {"n_blocks": n_blocks, "reduction": reduction}
        self.body = nn.Sequential(*(ResidualGroup(channels, **group) for _ in range(n_groups)))
        self.body_end = conv(channels, channels)
        self.upsampler = Upsampler(channels, scale)
        self.tail = conv(channels, 3)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        shallow = self.head(self.range.inwards(lr))  # (b, 64, h, w)
        deep = shallow + self.body_end(self.body(shallow))
        large = self.upsampler(deep)  # (b, 64, s*h, s*w)
        return self.range.outwards(self.tail(large))  # (b, 3, s*h, s*w)


CARD = Card(
    title="RCAN",
    year=2018,
    citation="Y. Zhang, K. Li, K. Li, L. Wang, B. Zhong, Y. Fu, Image Super-Resolution Using Very Deep Residual "
    "Channel Attention Networks, ECCV 2018, 294-310",
    url="https://arxiv.org/abs/1807.02758",
    framework="post-upsampling",
    idea="Residual blocks nested in residual groups; each block weighs its channels by their global mean.",
    lesson="07",
    scales=(2, 3, 4, 8),
    parameters={2: 15_444_643, 3: 15_629_283, 4: 15_592_355, 8: 15_740_067},
    parameters_source="EDSR-PyTorch's rcan.py without its 24 frozen mean-shift numbers",
    tiny={"channels": 16, "n_groups": 2, "n_blocks": 2, "reduction": 4},
    published=score_table(
        "RCAN row of Table 2",
        {
            2: {
                "set5": (38.27, 0.9614),
                "set14": (34.12, 0.9216),
                "b100": (32.41, 0.9027),
                "urban100": (33.34, 0.9384),
            },
        },
    )
    + published("rcan"),
    deviations=("the frozen mean shift is a buffer, not 24 parameters",),
    checkpoints="https://github.com/yulunzhang/RCAN (no licence file for the weights: ask the authors), .pt, loaded as "
    "they are by srkit.models.load",
    quiet_parameters={
        "*.attention.squeeze.*": "with few channels after the squeeze, all its ReLUs can be off at the start",
        "*.attention.excite.weight": "reads those ReLUs",
    },
)

SMALL = replace(
    CARD,
    title="RCAN small",
    idea="RCAN with 3 groups of 3 blocks of 32 channels, small enough to be trained on a laptop; this course's size.",
    parameters={2: 244_839, 3: 291_079, 4: 281_831, 8: 318_823},
    parameters_source="the layer list of RCAN with 3 groups of 3 blocks, 32 channels, reduction 8",
    published=(),
    measured=score_table(
        "data/weights/rcan_small_x2.safetensors, trained on T91 and BSDS200 on a CPU; data/weights/README.md",
        {2: {"set5": (36.99, 0.9562), "set14": (32.63, 0.9087), "b100": (31.46, 0.8902)}},
    ),
    deviations=(*CARD.deviations, "3 groups of 3 blocks of 32 channels, which no paper uses: the course's own size"),
    checkpoints="data/weights in this project",
)


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    squeeze = weights["body.0.blocks.0.attention.squeeze.weight"]
    n_groups = len({key.split(".")[1] for key in weights if ".blocks." in key})
    return {
        "scale": Upsampler.scale_of(weights, "upsampler"),
        "channels": squeeze.shape[1],
        "n_groups": n_groups,
        "n_blocks": sum(key.endswith(".conv1.weight") for key in weights) // n_groups,
        "reduction": squeeze.shape[1] // squeeze.shape[0],
        "rgb_range": PixelRange.rgb_range_of(weights),
    }


_BLOCK, _OURS = r"body\.(\d+)\.body\.(\d+)\.body", r"body.\1.blocks.\2"
_BASICSR = r"body\.(\d+)\.residual_group\.(\d+)"

LAYOUT = Layout(
    sizes=_sizes,
    renames=(
        (r"head\.0\.(.+)", r"head.\1"),
        (_BLOCK + r"\.0\.(.+)", _OURS + r".conv1.\3"),
        (_BLOCK + r"\.2\.(.+)", _OURS + r".conv2.\3"),
        (_BLOCK + r"\.3\.conv_du\.0\.(.+)", _OURS + r".attention.squeeze.\3"),
        (_BLOCK + r"\.3\.conv_du\.2\.(.+)", _OURS + r".attention.excite.\3"),
        (r"body\.(\d+)\.body\.\d+\.(weight|bias)", r"body.\1.end.\2"),
        (r"body\.\d+\.(weight|bias)", r"body_end.\1"),
        (r"tail\.0\.(.+)", r"upsampler.\1"),
        (r"tail\.1\.(.+)", r"tail.\1"),
        (_BASICSR + r"\.rcab\.0\.(.+)", _OURS + r".conv1.\3"),
        (_BASICSR + r"\.rcab\.2\.(.+)", _OURS + r".conv2.\3"),
        (_BASICSR + r"\.rcab\.3\.attention\.1\.(.+)", _OURS + r".attention.squeeze.\3"),
        (_BASICSR + r"\.rcab\.3\.attention\.3\.(.+)", _OURS + r".attention.excite.\3"),
        (r"body\.(\d+)\.conv\.(.+)", r"body.\1.end.\2"),
        *PixelRange.BASICSR,
    ),
    ignored=PixelRange.PUBLISHED,
)

register_model("rcan", CARD, layout=LAYOUT)(RCAN)
register_model("rcan_small", SMALL, layout=LAYOUT, channels=32, n_groups=3, n_blocks=3, reduction=8)(RCAN)
