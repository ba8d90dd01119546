"""The page that shows results: one HTML file without scripts and without a single request to anywhere else.

The full-size images lie beside it; everything the page itself shows is inside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from srkit._html import render as fill_in
from srkit.evaluation.regions import Box, error_levels, worst_box
from srkit.evaluation.table import Row, Table, mean_gain
from srkit.metrics._registry import Metric
from srkit.ops.colours import SEQUENTIAL, data_uri, jpeg_uri, nice_top, painted
from srkit.ops.pixels import to_uint8

__all__ = ["Entry", "make_entry", "render"]

_SIDE = 64
_PREVIEW = 300


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What the page shows of one image; pictures are ``data:`` addresses."""

    row: Row
    baseline: Row
    size: tuple[int, int]
    box: Box
    top: float
    overview: str
    error_overview: str
    crops: dict[str, str]
    file: str
    truth: bool = True  # whether there is a true image; else differences are to the bicubic one


def make_entry(
    row: Row, baseline: Row, sr: Tensor, hr: Tensor | None, bicubic: Tensor, *, border: int, file: str
) -> Entry:
    """Prepare one image for the page.

    Args:
        border: pixels at the edge that were not measured; the worst region is sought inside.
        file: name of the full-size image beside the page.
    """
    ours = error_levels(sr, bicubic if hr is None else hr).abs()
    box = worst_box(ours, side=_SIDE, border=border)
    errors = {"error of the result": ours} | (
        {} if hr is None else {"error of bicubic": error_levels(bicubic, hr).abs()}
    )
    top = nice_top(*(box.of(one).cpu().numpy() for one in errors.values()))
    pictures = {"result": sr, "bicubic": bicubic} | ({} if hr is None else {"truth": hr})
    crops = {name: data_uri(_pixels(box.of(image))) for name, image in pictures.items()}
    crops |= {name: data_uri(_painted(box.of(one), top)) for name, one in errors.items()}
    return Entry(
        row=row,
        baseline=baseline,
        size=(sr.shape[-1], sr.shape[-2]),
        box=box,
        top=top,
        overview=jpeg_uri(_pixels(sr if hr is None else hr), side=_PREVIEW),
        error_overview=jpeg_uri(_painted(ours, top), side=_PREVIEW),
        crops=crops,
        file=file,
        truth=hr is not None,
    )


def _pixels(image: Tensor) -> NDArray[np.uint8]:
    return np.ascontiguousarray(to_uint8(image).permute(1, 2, 0).cpu().numpy())  # (h, w, 3)


def _painted(errors: Tensor, top: float) -> NDArray[np.uint8]:
    return painted(errors.cpu().numpy() / top)


def render(table: Table, baseline: Table, entries: Sequence[Entry]) -> str:
    """Return the whole page as text."""
    first = table.metrics[0]
    ours, theirs = table.column(first.name), baseline.column(first.name)
    gains = [*map(first.gain, ours, theirs), mean_gain(first, ours, theirs)]
    return fill_in(
        Path(__file__).with_name("page.html"),
        table=table,
        first=first,
        rows=[*zip((*table, table.mean), (*baseline, baseline.mean), gains, strict=True)],
        mean=table.mean,
        base=baseline.mean,
        gain=gains[-1],
        widest=max([1.0, *(abs(gain) for gain in gains if math.isfinite(gain))]),
        entries=entries,
        colours=", ".join(f"rgb({r} {g} {b})" for r, g, b in SEQUENTIAL),
        signed=_signed,
        style=Path(__file__).with_name("page.css").read_text(encoding="utf-8"),
    )


def _signed(metric: Metric, value: float) -> str:
    value = round(value, metric.digits) + 0.0
    return f"{value:+.{metric.digits}f}" if math.isfinite(value) else "inf" if value > 0 else "n/a"
