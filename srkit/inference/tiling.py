"""Tiles: enlarge an image piece by piece, each piece with a margin.

A tile keeps ``tile`` pixels of the image and reads ``halo`` more to every side. When the halo is at least the receptive
radius (:func:`srkit.inference.measure_reach`), every kept pixel has seen exactly what it would have seen in the whole
image, and the tiles are cut and laid side by side. Where no halo can be enough (global pooling, attention over the
whole image) the answer is only close to the whole image's, and neighbours fade into each other so that no seam shows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise, product

import torch
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.inference.mode import evaluating, place_of, scale_of
from srkit.inference.reach import Reach, measure_reach

__all__ = ["HALO", "LEAST", "Forward", "Halo", "Progress", "Span", "cut", "fill", "plan_of", "tiled"]

Forward = Callable[[Tensor], Tensor]
Progress = Callable[[int, int], object]
Halo = int | Reach | None

HALO = 32
"""LR pixels read around a tile of a network without a receptive radius (measured in docs/BENCHMARKS.md)."""

LEAST = 8
"""The smallest side a network has to accept (the contract of every network)."""


@dataclass(frozen=True)
class Span:
    """One tile along one axis, in LR pixels: it reads ``[start, stop)`` and answers for ``[keep_start, keep_stop)``.

    ``fade`` is the half-width of the zone around an inner boundary in which two neighbours are mixed; 0 is a hard cut.
    """

    start: int
    stop: int
    keep_start: int
    keep_stop: int
    fade: float = 0.0

    def weight(self, scale: int, like: Tensor) -> Tensor:
        """Return this tile's share of each output pixel it computed; the shares of all tiles add up to 1."""
        at = (torch.arange(self.start * scale, self.stop * scale, device=like.device, dtype=like.dtype) + 0.5) / scale
        rise = self._ramp(at - self.keep_start) if self.start < self.keep_start else torch.ones_like(at)
        fall = 1 - self._ramp(at - self.keep_stop) if self.stop > self.keep_stop else torch.ones_like(at)
        return rise * fall

    def _ramp(self, distance: Tensor) -> Tensor:
        return (distance / (2 * self.fade) + 0.5).clamp(0, 1) if self.fade else (distance > 0).to(distance.dtype)


@dataclass(frozen=True)
class Plan:
    """How an image is cut: ``halo`` and ``align`` in LR pixels, ``exact`` if tiles equal the whole image."""

    halo: int
    align: int
    exact: bool


def cut(length: int, *, tile: int, halo: int, align: int = 1, blend: bool = False) -> list[Span]:
    """Cut one axis of an image into spans of nearly equal length.

    Args:
        length: pixels along the axis, at least 1.
        tile: the most pixels a span may answer for.
        halo: pixels it reads to each side where the image goes on.
        align: every span starts reading at a multiple of this.
        blend: mix neighbours over the halo instead of cutting hard.

    Returns:
        Spans whose kept parts cover the axis once, in order; none reads fewer than 8 pixels of an image that has 8.
    """
    count = -(-length // tile)
    edges = [index * length // count for index in range(count + 1)]
    shortest = min(b - a for a, b in pairwise(edges))
    fade = min(halo, shortest) / 2 if blend else 0.0
    spans = []
    for keep_start, keep_stop in pairwise(edges):
        stop = min(length, max(keep_stop + halo, min(length, LEAST)))
        start = max(0, min(keep_start - halo, stop - LEAST)) // align * align
        spans.append(Span(start, stop, keep_start, keep_stop, fade))
    return spans


def plan_of(net: nn.Module, halo: Halo, *, channels: int) -> Plan:
    """Choose how to cut for ``net``: an explicit halo wins, a reach measured before is believed, None measures it."""
    reach = halo if isinstance(halo, Reach) else measure_reach(net, channels=channels)
    halo = None if isinstance(halo, Reach) else halo
    if reach.radius is None:
        return Plan(HALO if halo is None else halo, reach.align, exact=False)
    chosen = reach.radius if halo is None else halo
    return Plan(chosen, reach.align, exact=chosen >= reach.radius)


def tiled(net: nn.Module, lr: Tensor, *, tile: int, halo: Halo = None, progress: Progress | None = None) -> Tensor:
    """Enlarge a batch tile by tile; the result is allocated once and filled.

    Args:
        net: a network of the contract, on any device; tiles travel to it, the result stays where ``lr`` is.
        lr: ``(b, 3, h, w)`` in [0, 1].
        tile: LR pixels along the side of what one tile answers for, at least 8.
        halo: LR pixels read around a tile. None measures the receptive radius and takes just that: the result then
            equals ``net(lr)`` to float32 rounding. Networks that pool over the whole image get 32 and a soft
            transition, and differ slightly from ``net(lr)``. A reach measured before spares the measuring.
        progress: called as ``progress(done, total)`` after each tile.

    Returns:
        ``(b, 3, scale*h, scale*w)``, unclamped, dtype of ``lr``.

    Raises:
        BadInput: ``tile`` or ``halo`` is not a possible size.
    """
    check_sizes(tile, halo)
    plan = plan_of(net, halo, channels=lr.shape[-3])
    scale = scale_of(net)
    sr = lr.new_empty(*lr.shape[:-2], lr.shape[-2] * scale, lr.shape[-1] * scale)
    with evaluating(net):
        fill(sr, net, lr, place_of(net, lr), tile=tile, plan=plan, progress=progress)
    return sr


def fill(
    sr: Tensor,
    forward: Forward,
    lr: Tensor,
    place: tuple[torch.device, torch.dtype],
    *,
    tile: int,
    plan: Plan,
    progress: Progress | None = None,
) -> None:
    """Run ``forward`` over all tiles of ``lr`` and write the answers into ``sr``, in place."""
    height, width = lr.shape[-2:]
    scale = sr.shape[-2] // height
    blend = not plan.exact
    rows = cut(height, tile=tile, halo=plan.halo, align=plan.align, blend=blend)
    columns = cut(width, tile=tile, halo=plan.halo, align=plan.align, blend=blend)
    if blend:
        sr.zero_()
    device, dtype = place
    total = len(rows) * len(columns)
    for done, (row, column) in enumerate(product(rows, columns), start=1):
        piece = lr[..., row.start : row.stop, column.start : column.stop].to(device, dtype)
        answer = forward(piece.contiguous())
        _expect(answer, piece, scale)
        (_mix if blend else _place)(sr, answer.to(sr.device, sr.dtype), row, column, scale)
        if progress is not None:
            progress(done, total)


def check_sizes(tile: int | None, halo: Halo) -> None:
    """Refuse a tile below 8 pixels or a negative halo."""
    if tile is not None and tile < LEAST:
        raise BadInput(f"tile={tile} was given; a tile has at least {LEAST} pixels a side, for example tile=256.")
    if isinstance(halo, int) and halo < 0:
        raise BadInput(f"halo={halo} was given; it counts pixels around a tile: 0 or more, or None to measure it.")


def _place(sr: Tensor, answer: Tensor, row: Span, column: Span, scale: int) -> None:
    top, left = row.keep_start - row.start, column.keep_start - column.start
    height, width = row.keep_stop - row.keep_start, column.keep_stop - column.keep_start
    kept = answer[..., top * scale : (top + height) * scale, left * scale : (left + width) * scale]
    target = sr[..., row.keep_start * scale : row.keep_stop * scale, :]
    target[..., column.keep_start * scale : column.keep_stop * scale] = kept


def _mix(sr: Tensor, answer: Tensor, row: Span, column: Span, scale: int) -> None:
    share = row.weight(scale, sr)[:, None] * column.weight(scale, sr)
    sr[..., row.start * scale : row.stop * scale, column.start * scale : column.stop * scale] += answer * share


def _expect(answer: Tensor, piece: Tensor, scale: int) -> None:
    wanted = (*piece.shape[:-2], piece.shape[-2] * scale, piece.shape[-1] * scale)
    if answer.shape != wanted:
        raise BadInput(
            f"The network answered {tuple(piece.shape)} with {tuple(answer.shape)}; at scale {scale} it must give "
            f"{wanted}. Check its scale attribute and that it pads and crops odd sizes itself."
        )
