"""ZSSR's network, and how it is applied to pictures of any size."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from srkit.inference.reach import Reach
from srkit.inference.tiling import tiled
from srkit.methods.pieces import reach_of
from srkit.methods.reduction import Reduction

__all__ = ["TESTED", "TILE", "ZSSRNet", "apply_to", "in_batches", "margin_of", "median"]

TESTED = 512
"""Pixels a side of what is rebuilt of a picture to measure the error."""

TILE = 512
"""Pixels a side of what goes through the network at once of a picture that is larger."""

_AT_ONCE = 2**18  # pixels that go through the network in one batch
_ROWS = 64  # of a median at once


class ZSSRNet(nn.Module):
    """Convolutions of 3 x 3 without biases, ReLU between them, and the input added at the end."""

    scale = 1

    def __init__(self, *, width: int = 64, depth: int = 8, init: str = "official", rng: torch.Generator) -> None:
        super().__init__()
        channels = [3, *[width] * (depth - 1), 3]
        self.layers = nn.ModuleList(_convolution(i, o, init, rng) for i, o in itertools.pairwise(channels))

    def forward(self, enlarged: Tensor) -> Tensor:
        """Sharpen ``(b, 3, h, w)``; the size stays."""
        x = enlarged
        for layer in self.layers[:-1]:
            x = F.relu(layer(x), inplace=True)
        sr: Tensor = self.layers[-1](x) + enlarged
        return sr


def _convolution(inputs: int, outputs: int, init: str, rng: torch.Generator) -> nn.Module:
    """Return a layer whose weights come from ``rng`` alone."""
    make = functools.partial(nn.Conv2d, inputs, outputs, 3, padding=1, bias=False)
    layer = make(device="meta").to_empty(device="cpu")  # without the draw from the global generator
    variance = 0.1 / (9 * inputs) if init == "official" else 2 / (9 * outputs)
    nn.init.normal_(layer.weight, 0, math.sqrt(variance), generator=rng)
    return layer


def in_batches(net: ZSSRNet, images: list[Tensor]) -> Iterator[Tensor]:
    """Run the network on images, those of one shape together as far as memory allows; in the order given.

    An image that is larger than that goes in tiles. Images of the list are freed as they are used.
    """
    found: dict[int, Tensor] = {}
    size = max(1, _AT_ONCE // images[0][0].numel())
    alike = {i: [j for j, other in enumerate(images) if other.shape == image.shape] for i, image in enumerate(images)}
    for i in range(len(images)):
        if i not in found and size > 1:
            part = [j for j in alike[i] if j >= i][:size]
            batch = torch.stack([images[j] for j in part]).contiguous(memory_format=torch.channels_last)
            found.update(zip(part, net(batch), strict=True))
        elif i not in found:
            whole, images[i] = images[i][None], images[i][:, :0]
            found[i] = tiled(net, whole, tile=TILE, halo=Reach(len(net.layers)))[0]
        yield found.pop(i)


def margin_of(depth: int, reduction: Reduction, back_projections: int) -> int:
    """Return how many LR pixels away the last stage looks: network, and back-projection on both sides of a median."""
    return reach_of(reduction, back_projections=2 * back_projections) + math.ceil(depth / min(reduction.factors))


@torch.no_grad()
def apply_to(net: ZSSRNet, image: Tensor) -> Tensor:
    """Run the network on one image ``(3, h, w)`` without gradients."""
    return next(in_batches(net, [image]))


def median(images: Sequence[Tensor]) -> Tensor:
    """Return the median of several images, of an even number the mean of the middle two as NumPy does."""
    n, rows = len(images), []
    for start in range(0, images[0].shape[-2], _ROWS):
        ordered = torch.stack([image[:, start : start + _ROWS] for image in images]).sort(dim=0).values
        rows.append((ordered[(n - 1) // 2] + ordered[n // 2]) / 2)
    return torch.cat(rows, dim=-2)
