"""How far a network looks: measured, not declared.

One pixel of a thin strip is set to NaN. Whatever is NaN in the output has seen that pixel, because NaN survives every
sum, product and ReLU. The farthest one gives the radius a tile must see beyond its own edge to answer as the whole
image would. A network with a global pooling (channel attention, instance norm) turns the whole strip into NaN: it has
no radius.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from srkit.inference.mode import evaluating, place_of

__all__ = ["Reach", "measure_reach"]

_LENGTHS = (65, 257)
_THICKNESS = 16
_ALIGN = 32


@dataclass(frozen=True)
class Reach:
    """How far an output pixel looks into the input.

    Attributes:
        radius: LR pixels to each side; None when the network looks at the whole image, or beyond 128 pixels.
        align: tiles must start at multiples of this: 1 for a stack of convolutions, 32 for a network that
            cuts the image into windows or halves it on the way (its answer depends on where the tile starts).
    """

    radius: int | None
    align: int = 1


def measure_reach(net: nn.Module, *, channels: int = 3) -> Reach:
    """Measure the receptive radius of a network with two or three passes over thin strips.

    Args:
        net: ``(b, channels, h, w)`` -> ``(b, ., scale*h, scale*w)``.
        channels: what it takes.

    Returns:
        The reach; ``Reach(None)`` when it is unbounded or cannot be measured (the network swallows or refuses NaN).
    """
    for length in _LENGTHS:
        across = _spread(net, channels, length, upright=False)
        if across is None:
            continue
        down = _spread(net, channels, length, upright=True)
        if down is None:
            continue
        sides = {across, down} if across[0] == across[1] and down[0] == down[1] else set()
        return Reach(max(*across[0], *across[1], *down[0], *down[1]), 1 if sides else _ALIGN)
    return Reach(None)


def _spread(net: nn.Module, channels: int, length: int, *, upright: bool) -> tuple[tuple[int, int], ...] | None:
    """Return how far NaN spread to both sides from two neighbouring pixels, or None where it reached an end."""
    device, dtype = place_of(net, torch.zeros(()))
    middle = length // 2
    strip = torch.full((2, channels, _THICKNESS, length), 0.5, device=device, dtype=dtype)
    strip[0, :, _THICKNESS // 2, middle] = torch.nan
    strip[1, :, _THICKNESS // 2, middle + 1] = torch.nan
    with evaluating(net), _plain_convolutions():
        try:
            answer = net(strip.transpose(-1, -2).contiguous() if upright else strip)
        except (ValueError, RuntimeError):
            return None
    touched = answer.transpose(-1, -2) if upright else answer
    touched = touched.isnan().any(dim=1).any(dim=1).unflatten(-1, (length, -1)).any(dim=-1)  # (2, length)
    sides = [_sides(row, middle + shift) for shift, row in enumerate(touched)]
    if any(side is None for side in sides):
        return None
    return tuple(side for side in sides if side is not None)


def _sides(touched: Tensor, origin: int) -> tuple[int, int] | None:
    where = touched.nonzero().flatten()
    if not len(where) or where[0] == 0 or where[-1] == len(touched) - 1:
        return None
    return int(origin - where[0]), int(where[-1] - origin)


@contextmanager
def _plain_convolutions() -> Iterator[None]:
    """Switch off convolution algorithms (Winograd, FFT) that smear a NaN over their own tiles."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="TF32 acceleration on top of oneDNN")
        with torch.backends.cudnn.flags(enabled=False), torch.backends.mkldnn.flags(enabled=False):
            yield
