"""The receptive radius of a network, measured.

One pixel of a thin strip is set to NaN. Every output pixel that is NaN depends on it, because NaN passes through every
sum, product and ReLU. The farthest one gives the radius a tile must see beyond its own edge to answer as the whole
image would. A network with a global pooling (channel attention, instance norm) turns the whole strip into NaN: it has
no radius.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from srkit.inference.mode import check_network, remembered

__all__ = ["Reach", "measure_reach"]

_LENGTHS = (65, 129, 257)
_THICKNESS = 8
_ALIGN = 32


@dataclass(frozen=True)
class Reach:
    """The receptive radius of an output pixel."""

    radius: int | None  # LR pixels to each side; None when the network looks at the whole image, or beyond 128 pixels
    # tiles must start at multiples of this: 1 for a stack of convolutions, 32 for a network that cuts the image
    # into windows or halves it on the way (its answer depends on where the tile starts)
    align: int = 1


def measure_reach(net: nn.Module, *, channels: int = 3) -> Reach:
    """Measure the receptive radius of a network with a few passes over thin strips.

    Where NaN gives no radius or one that depends on the position, gradients are asked too: a resize written as a matrix
    product smears a NaN over zeros of the matrix, a gradient it does not.

    Args:
        net: ``(b, channels, h, w)`` -> ``(b, ., scale*h, scale*w)``.
        channels: what it takes.

    Returns:
        The reach; ``Reach(None)`` when it is unbounded or cannot be measured (the network swallows or refuses NaN). It
        is measured once and remembered for as long as the network stays as it is.
    """
    check_network(net)
    return remembered(net, ("reach", channels), partial(_measure, net, channels))


def _measure(net: nn.Module, channels: int) -> Reach:
    """Probe a copy in float64 on the CPU, whose convolutions are plain sums: Winograd's and FFTs smear a NaN."""
    try:
        copied = copy.deepcopy(net).eval().to("cpu", torch.float64)
    except (ValueError, RuntimeError, TypeError):
        return Reach(None)
    found = Reach(None)
    for length in _LENGTHS:
        found = _judge(partial(_spread, copied, channels, length))
        if found.radius is not None:
            break
    if found.radius is None or found.align > 1:
        sharper = _judge(partial(_slopes, copied, channels, _LENGTHS[0]))
        if sharper.radius is not None and sharper.align == 1:
            return sharper
    return found


def _judge(probe: Callable[..., tuple[tuple[int, int], ...]]) -> Reach:
    """Probe across and down; two neighbours with different sides mean that the position matters."""
    sides = []
    for upright in (False, True):
        sides.append(probe(upright=upright))
        if not sides[-1]:
            return Reach(None)
    same = all(first == second for first, second in sides)
    return Reach(max(max(pair) for both in sides for pair in both), 1 if same else _ALIGN)


def _spread(net: nn.Module, channels: int, length: int, *, upright: bool) -> tuple[tuple[int, int], ...]:
    """Return how far NaN spread to both sides from two neighbouring pixels; empty where it reached an end."""
    middle = length // 2
    strip = torch.full((2, channels, _THICKNESS, length), 0.5, dtype=torch.float64)
    strip[0, :, _THICKNESS // 2, middle] = torch.nan
    strip[1, :, _THICKNESS // 2, middle + 1] = torch.nan
    try:
        with torch.inference_mode():
            answer = net(strip.transpose(-1, -2).contiguous() if upright else strip)
    except (ValueError, RuntimeError, TypeError):
        return ()
    touched = answer.transpose(-1, -2) if upright else answer
    touched = touched.isnan().any(dim=1).any(dim=1).unflatten(-1, (length, -1)).any(dim=-1)  # (2, length)
    return _both([_sides(row, middle + shift) for shift, row in enumerate(touched)])


def _slopes(net: nn.Module, channels: int, length: int, *, upright: bool) -> tuple[tuple[int, int], ...]:
    """Return which inputs two neighbouring outputs depend on, by their gradients; empty as above."""
    middle = length // 2
    rng = torch.Generator().manual_seed(0)
    strip = torch.rand(2, channels, _THICKNESS, length, generator=rng, dtype=torch.float64)
    given = (strip.transpose(-1, -2).contiguous() if upright else strip).requires_grad_()
    try:
        with torch.enable_grad():
            answer = net(given)
            seen = (answer.transpose(-1, -2) if upright else answer).unflatten(-1, (length, -1))  # (2, c, ., length, s)
            chosen = torch.stack([seen[sample, :, :, middle + sample] for sample in (0, 1)])
            weights = torch.rand(chosen.shape, generator=rng, dtype=torch.float64)
            (gradient,) = torch.autograd.grad((chosen * weights).sum(), given)
    except (ValueError, RuntimeError, TypeError):
        return ()
    touched = (gradient.transpose(-1, -2) if upright else gradient).ne(0).any(dim=1).any(dim=1)  # (2, length)
    return _both([_sides(row, middle + shift) for shift, row in enumerate(touched)])


def _both(sides: list[tuple[int, int] | None]) -> tuple[tuple[int, int], ...]:
    known = tuple(side for side in sides if side is not None)
    return known if len(known) == len(sides) else ()


def _sides(touched: Tensor, origin: int) -> tuple[int, int] | None:
    where = touched.nonzero().flatten()
    if not len(where) or where[0] == 0 or where[-1] == len(touched) - 1:
        return None
    return int(origin - where[0]), int(where[-1] - origin)
