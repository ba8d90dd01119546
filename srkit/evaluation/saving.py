"""Write the results of an evaluation into one folder: images, ``metrics.csv`` and a page.

The page is one HTML file without scripts and without a single request to anywhere else. The full-size images lie beside
it; everything it shows is inside it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from srkit._html import render as fill_in
from srkit.datasets import Pair
from srkit.errors import BadFile
from srkit.evaluation.regions import Box, error_levels, worst_box
from srkit.evaluation.score import Alone, score
from srkit.evaluation.table import Row, Table, mean_gain, write_text
from srkit.metrics import Protocol
from srkit.metrics._registry import Metric
from srkit.ops.atomic import set_aside, sweep
from srkit.ops.colours import SEQUENTIAL, data_uri, jpeg_uri, nice_top, painted
from srkit.ops.files import write
from srkit.ops.jobs import alone_in
from srkit.ops.pixels import quantise, to_uint8
from srkit.ops.resize import imresize

__all__ = ["Entry", "ResultsFolder", "make_entry", "render"]


class ResultsFolder:
    """The folder of an evaluation: images as they are made, at the end their numbers and the page.

    Args:
        pairs: write ``<name>_x2_LR.png`` and ``<name>_x2_HR.png`` beside each ``<name>_x2_SR.png``.
    """

    def __init__(
        self, home: Path, table: Table, protocol: Protocol, metrics: Sequence[Metric], *, pairs: bool = False
    ) -> None:
        self.folder = home / f"results-{_file_name(table.dataset)}"
        self.scale = table.scale
        self.protocol = protocol
        self.metrics = metrics
        self.pairs = pairs
        self._entries: dict[Path, Entry] = {}
        self._names: set[str] = set()

    def place_of(self, name: str) -> Path:
        """Return where the result of the next image goes, which has this name; no two go to one place."""
        stem = "/".join(map(_file_name, name.split("/"))) + f"_x{self.scale}"
        free, number = stem, 2
        while free in self._names:
            free, number = f"{stem}_{number}", number + 1
        self._names.add(free)
        return self.folder / f"{free}_SR.png"

    def begin(self, *, aside: bool) -> None:
        """Make the folder, and before that give one that is there another name, with ``aside``."""
        try:
            if aside:
                set_aside(self.folder)
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadFile(
                f"Results cannot be written to {self.folder.parent} ({error.strerror}). Choose a folder you may write "
                "to."
            ) from error

    def add(self, place: Path, pair: Pair | Alone, sr: Tensor, row: Row) -> None:
        """Write one image where :meth:`place_of` said, and keep what the page will show of it."""
        beside = {"LR": pair.lr, "HR": pair.hr} if self.pairs else {}
        for kind, image in beside.items():
            if image is not None:
                target = place.with_name(f"{place.stem[:-2]}{kind}.png")
                sweep(target)
                write(target, image)
        write(place, sr)
        self.show(place, pair, sr, row)

    def show(self, place: Path, pair: Pair | Alone, sr: Tensor, row: Row) -> None:
        """Keep what the page will show of an image that is written."""
        bicubic = quantise(imresize(pair.lr.double(), size=(sr.shape[-2], sr.shape[-1])))
        base = Row(name=row.name, seconds=0.0, scores=score(bicubic, pair, self.protocol, self.metrics))
        file = place.relative_to(self.folder).as_posix()
        self._entries[place] = make_entry(row, base, sr, pair.hr, bicubic, border=self.protocol.border, file=file)

    def finish(self, table: Table, places: Sequence[Path]) -> Table:
        """Write ``metrics.csv`` and ``index.html`` of a table whose images lie at ``places``; return the table."""
        entries = [self._entries[place] for place in places]
        baseline = replace(table, network="bicubic", rows=tuple(entry.baseline for entry in entries))
        numbers, page = self.folder / "metrics.csv", self.folder / "index.html"
        with alone_in(self.folder):
            sweep(numbers)
            table.to_csv(numbers)
            sweep(page)
            write_text(page, render(table, baseline, entries))
        return replace(table, folder=self.folder)


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.+-]+", "_", name).strip("._") or "unnamed"


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
