"""How SwinIR and the networks after it end: the last layer of a group, and the image from the features; their sizes.

J. Liang, J. Cao, G. Sun, K. Zhang, L. Van Gool, R. Timofte, "SwinIR: Image Restoration Using Swin Transformer", ICCV
Workshops 2021, section 3.1, https://arxiv.org/abs/2108.10257.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isqrt
from typing import Any, ClassVar, Literal

import torch.nn.functional as F
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.layers.conv import conv
from srkit.layers.upsampler import Upsampler

__all__ = ["Reconstruction", "Tail", "group_end", "group_sizes"]

Reconstruction = Literal["shuffle", "direct", "nearest", "none"]


def group_end(channels: int, *, slim: bool) -> nn.Module:
    """Return what maps ``(b, channels, h, w)`` onto itself at the end of a group: one convolution or three."""
    if not slim:
        return conv(channels, channels)
    few = channels // 4
    first, middle, last = conv(channels, few), conv(few, few, 1), conv(few, channels)
    return nn.Sequential(first, nn.LeakyReLU(0.2), middle, nn.LeakyReLU(0.2), last)


def group_sizes(weights: Mapping[str, Tensor]) -> dict[str, int]:
    """Return ``n_groups`` and ``depth`` of an attribute ``groups`` whose groups hold as many ``layers`` each."""
    n_groups, n_layers = (len({tuple(key.split(".")[:n]) for key in weights if ".layers." in key}) for n in (2, 4))
    return {"n_groups": n_groups, "depth": n_layers // n_groups}


class Tail(nn.Module):
    """Section 3.1, "HQ image reconstruction", in its four forms.

    Args:
        reconstruction: sub-pixel steps ("shuffle"), one convolution and shuffle ("direct"), nearest neighbours with
            convolutions ("nearest"), or at x1 one convolution whose result the network adds to its input ("none").
        tail_channels: between the layers of "shuffle" and "nearest".
    """

    RENAMES: ClassVar[tuple[tuple[str, str], ...]] = (
        (r"conv_before_upsample\.0\.(.+)", r"tail.first.\1"),
        (r"upsample\.(.+)", r"tail.upsampler.\1"),
        (r"conv_up1\.(.+)", r"tail.grow.0.\1"),
        (r"conv_up2\.(.+)", r"tail.grow.1.\1"),
        (r"conv_hr\.(.+)", r"tail.refine.\1"),
        (r"conv_last\.(.+)", r"tail.last.\1"),
    )
    """From the published names to those of an attribute ``tail`` of this class."""

    def __init__(self, channels: int, scale: int, *, reconstruction: Reconstruction, tail_channels: int) -> None:
        super().__init__()
        known = {"shuffle": (scale,), "direct": (scale,), "nearest": (2, 4), "none": (1,)}
        if scale not in known.get(reconstruction, ()):
            raise BadInput(
                f"There is no reconstruction {reconstruction!r} for x{scale}; "
                "'nearest' enlarges by 2 or 4, and 'none' not at all."
            )
        self.reconstruction = reconstruction
        if reconstruction == "none":
            self.last = conv(channels, 3)
            return
        if reconstruction == "direct":
            self.upsampler = nn.Sequential(conv(channels, 3 * scale * scale), nn.PixelShuffle(scale))
            return
        self.first = conv(channels, tail_channels)
        if reconstruction == "shuffle":
            self.upsampler = Upsampler(tail_channels, scale)
        else:
            self.grow = nn.ModuleList(conv(tail_channels, tail_channels) for _ in range(scale // 2))
            self.refine = conv(tail_channels, tail_channels)
        self.last = conv(tail_channels, 3)

    def forward(self, features: Tensor) -> Tensor:
        """Make the image ``(b, 3, scale*h, scale*w)`` of ``(b, c, h, w)``."""
        if self.reconstruction == "none":
            return self.last(features)  # type: ignore[no-any-return]  # (b, 3, h, w)
        if self.reconstruction == "direct":
            return self.upsampler(features)  # type: ignore[no-any-return]  # (b, 3, s*h, s*w)
        large = F.leaky_relu_(self.first(features))  # (b, 64, h, w)
        if self.reconstruction == "shuffle":
            return self.last(self.upsampler(large))  # type: ignore[no-any-return]  # (b, 3, s*h, s*w)
        for layer in self.grow:
            large = F.interpolate(large, scale_factor=2.0, mode="nearest")  # (b, 64, 2*h, 2*w), then (b, 64, 4*h, 4*w)
            large = F.leaky_relu_(layer(large), 0.2)
        return self.last(F.leaky_relu_(self.refine(large), 0.2))  # type: ignore[no-any-return]

    @staticmethod
    def sizes_of(weights: Mapping[str, Tensor]) -> dict[str, Any]:
        """Return ``scale``, ``reconstruction`` and, where there are any, ``tail_channels`` of an attribute ``tail``."""
        if "tail.last.weight" not in weights:
            return {"scale": isqrt(weights["tail.upsampler.0.weight"].shape[0] // 3), "reconstruction": "direct"}
        if "tail.first.weight" not in weights:
            return {"scale": 1, "reconstruction": "none"}
        tail_channels = weights["tail.last.weight"].shape[1]
        if "tail.grow.0.weight" in weights:
            scale = 4 if "tail.grow.1.weight" in weights else 2
            return {"scale": scale, "reconstruction": "nearest", "tail_channels": tail_channels}
        scale = Upsampler.scale_of(weights, "tail.upsampler") if "tail.upsampler.0.weight" in weights else 1
        return {"scale": scale, "reconstruction": "shuffle", "tail_channels": tail_channels}
