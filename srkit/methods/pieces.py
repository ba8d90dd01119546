"""Enlarge a large picture piece by piece, where what is done to a pixel depends on a known neighbourhood only."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction

import torch
from torch import Tensor

from srkit.inference.tiling import Span, cut
from srkit.methods._method import IMAGE
from srkit.methods.reduction import Reduction

__all__ = ["CORRECTED", "corrected_bytes", "in_pieces", "pieces_of", "reach_of"]

CORRECTED = 400
"""Bytes for each enlarged pixel of what is reduced by a kernel, convolution and all."""
_SIDE = 512  # LR pixels a side that a piece answers for, at most
_GROWN = 1600  # enlarged pixels a side that it reads with its margins, about 1 GB of what is held of them
_LEAST = 64  # LR pixels a side that it answers for however wide its margins are
_FINEST = 64  # a factor whose denominator is larger fits no grid of pieces


def reach_of(reduction: Reduction, *, back_projections: int) -> int:
    """Return how many LR pixels away an enlargement corrected by back-projection looks.

    Bicubic interpolation looks 2 pixels and less than 1 more; a step of back-projection reduces, which looks over the
    kernel or over bicubic's 2 LR pixels, and enlarges again.
    """
    enlarges = 3
    half = 0 if reduction.kernel is None else math.ceil(max(reduction.kernel.shape) / 2 / min(reduction.factors))
    return enlarges + back_projections * (enlarges + (half + 1 if half else enlarges))


def pieces_of(lr: Tensor, reduction: Reduction, *, margin: int) -> list[tuple[Span, Span]]:
    """Return rows and columns of the pieces of ``(3, h, w)``: one for a picture of few pixels.

    Every piece starts where both factors give whole pixels, and ends as far from such a place as the picture does, so
    that it is enlarged alike from both ends; a picture whose factors give no whole pixels is one piece.
    """
    align = math.lcm(*(Fraction(factor).denominator for factor in reduction.factors))
    most = min(_SIDE, max(_LEAST, int(_GROWN / max(reduction.factors)) - 2 * margin))
    tile = most if align <= _FINEST else max(lr.shape[-2:])
    grid = align if align <= _FINEST else 1
    rows, columns = (
        [
            replace(span, stop=span.stop + (side - span.stop) % grid)
            for span in cut(side, tile=tile, halo=margin, align=grid)
        ]
        for side in lr.shape[-2:]
    )
    return [(row, column) for row in rows for column in columns]


def corrected_bytes(size: tuple[int, int], reduction: Reduction, *, margin: int) -> float:
    """Return the bytes that back-projection takes for ``size`` (h, w) LR pixels, in pieces with that margin."""
    lr, grown = torch.empty(1).expand(3, *size), math.prod(reduction.factors)
    sides = (
        (row.stop - row.start) * (column.stop - column.start) for row, column in pieces_of(lr, reduction, margin=margin)
    )
    return max(sides) * grown * CORRECTED + size[0] * size[1] * IMAGE * (2 + grown)


def in_pieces(make: Callable[[Tensor], Tensor], lr: Tensor, reduction: Reduction, *, margin: int) -> Tensor:
    """Return ``make(lr)``, made of pieces of ``lr`` and equal to the whole but for rounding.

    Args:
        make: ``(3, h, w)`` -> ``(3, H, W)``, the size that ``reduction`` enlarges to.
        margin: how many LR pixels ``make`` looks away.
    """
    pieces = pieces_of(lr, reduction, margin=margin)
    if len(pieces) == 1:
        return make(lr)
    sr = lr.new_empty(lr.shape[0], *reduction.size_of(lr))
    with torch.no_grad():
        for row, column in pieces:
            answer = make(lr[:, row.start : row.stop, column.start : column.stop].contiguous())
            (top, first, below), (left, before, right) = (
                (round(span.start * factor), *(math.ceil(end * factor) for end in (span.keep_start, span.keep_stop)))
                for span, factor in zip((row, column), reduction.factors, strict=True)
            )
            sr[:, first:below, before:right] = answer[:, first - top : below - top, before - left : right - left]
    return sr
