"""Tiles: enlarge an image piece by piece, each piece with a margin.

A tile keeps ``tile`` pixels of the image and reads ``halo`` more to every side. When the halo is at least the receptive
radius (:func:`srkit.inference.measure_reach`), every kept pixel has seen exactly what it would have seen in the whole
image, and the tiles are cut and laid side by side. Where no halo can be enough (global pooling, attention over the
whole image) the answer is only close to the whole image's, and neighbours fade into each other so that no seam shows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from srkit.errors import BadInput
from srkit.inference.mode import evaluating, place_of, scale_of
from srkit.inference.reach import Reach, measure_reach
from srkit.ops.picture import turn_back, upright

__all__ = ["HALO", "LEAST", "Forward", "Halo", "Progress", "Span", "cut", "plan_of", "strips", "tiled"]

Forward = Callable[[Tensor], Tensor]
Progress = Callable[[int, int], object]
Halo = int | Reach | None

HALO = 32
"""LR pixels read around a tile of a network without a receptive radius (measured in docs/BENCHMARKS.md)."""

LEAST = 8
"""The smallest side a network has to accept (the contract of every network)."""


@dataclass(frozen=True)
class Span:
    """One tile along one axis, in LR pixels: it reads ``[start, stop)`` and gives ``[keep_start, keep_stop)``.

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
    """Choose how to cut for ``net``: an explicit halo, else a reach measured before; None measures it."""
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
        how: dict[str, Any] = {"tile": (tile, tile), "plan": plan, "scale": scale, "progress": progress}
        for _ in strips(net, lr, place_of(net, lr), into=sr, **how):
            pass
    return sr


def strips(
    forward: Forward,
    lr: Tensor,
    place: tuple[torch.device, torch.dtype],
    *,
    tile: tuple[int, int],
    plan: Plan,
    scale: int,
    orientation: int = 1,
    into: Tensor | None = None,
    progress: Progress | None = None,
) -> Iterator[Tensor]:
    """Run ``forward`` over all tiles of ``lr`` and yield the result in strips, from the top down.

    Args:
        place: device and type that ``forward`` works in.
        tile: LR rows and columns that a tile answers for at most.
        orientation: how ``lr`` lies, as EXIF says; ``forward`` sees its tiles upright and cut as they would be there.
        into: ``(b, c, scale*h, scale*w)``, which is filled; the strips are then parts of it. Without it each strip is
            made where the one before it was, which must not be wanted any more.

    Yields:
        ``(b, c, n, scale*w)`` on the device of ``lr``, together the whole result.
    """
    blend = not plan.exact
    rows, columns = (
        _mirrored(spans, length) if backwards else spans
        for length, most, backwards in zip(lr.shape[-2:], tile, _backwards(orientation), strict=True)
        for spans in [cut(length, tile=most, halo=plan.halo, align=plan.align, blend=blend)]
    )
    done, total = 0, len(rows) * len(columns)
    reads = [(row.start, row.stop) if blend else (row.keep_start, row.keep_stop) for row in rows]
    tallest, begun = max(last - first for first, last in reads), 0
    room = lr.new_empty(*lr.shape[:-2], tallest * scale, lr.shape[-1] * scale) if into is None else into
    for row, (first, last), (later, _) in zip(rows, reads, [*reads[1:], reads[-1][::-1]], strict=True):
        top = 0 if into is None else first * scale
        canvas = room[..., top : top + (last - first) * scale, :]
        if blend:
            canvas[..., begun:, :] = 0
        for column in columns:
            piece = lr[..., row.start : row.stop, column.start : column.stop].to(*place)
            answer = turn_back(forward(upright(piece, orientation).contiguous()), orientation)
            _expect(answer, piece, scale)
            (_mix if blend else _place)(canvas, answer.to(canvas.device, canvas.dtype), row, column, scale)
            done += 1
            if progress is not None:
                progress(done, total)
        finished = (later - first) * scale
        yield canvas[..., :finished, :]
        begun = canvas.shape[-2] - finished
        if into is None and begun:
            room[..., :begun, :] = canvas[..., finished:, :].clone()


def _backwards(orientation: int) -> tuple[bool, bool]:
    """Return whether rows and columns, as they lie, run against an axis of the upright image."""
    first, right, below, _ = turn_back(torch.arange(4).view(2, 2), orientation).flatten().tolist()
    return below < first, right < first


def _mirrored(spans: list[Span], length: int) -> list[Span]:
    """Return the spans of an axis of ``length`` pixels that is counted from its other end."""
    ends = [(length - s.stop, length - s.start, length - s.keep_stop, length - s.keep_start) for s in spans]
    return [Span(*end, fade=span.fade) for end, span in zip(ends[::-1], spans[::-1], strict=True)]


def check_sizes(tile: int | None, halo: Halo) -> None:
    """Refuse a tile below 8 pixels or a negative halo."""
    if tile is not None and tile < LEAST:
        raise BadInput(f"tile={tile} was given; a tile has at least {LEAST} pixels a side, for example tile=256.")
    if isinstance(halo, int) and halo < 0:
        raise BadInput(f"halo={halo} was given; it counts pixels around a tile: 0 or more, or None to measure it.")


def _place(canvas: Tensor, answer: Tensor, row: Span, column: Span, scale: int) -> None:
    top, left = row.keep_start - row.start, column.keep_start - column.start
    height, width = row.keep_stop - row.keep_start, column.keep_stop - column.keep_start
    kept = answer[..., top * scale : (top + height) * scale, left * scale : (left + width) * scale]
    canvas[..., column.keep_start * scale : column.keep_stop * scale] = kept


def _mix(canvas: Tensor, answer: Tensor, row: Span, column: Span, scale: int) -> None:
    share = row.weight(scale, canvas)[:, None] * column.weight(scale, canvas)
    canvas[..., column.start * scale : column.stop * scale] += answer * share


def _expect(answer: Tensor, piece: Tensor, scale: int) -> None:
    wanted = (*piece.shape[:-2], piece.shape[-2] * scale, piece.shape[-1] * scale)
    if answer.shape != wanted:
        raise BadInput(
            f"The network answered {tuple(piece.shape)} with {tuple(answer.shape)}; at scale {scale} it must give "
            f"{wanted}. Check its scale attribute and that it pads and crops odd sizes itself."
        )
