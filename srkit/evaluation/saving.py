"""Write the results of an evaluation into one folder: images, ``metrics.csv`` and a page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from torch import Tensor

from srkit.datasets import Pair
from srkit.errors import BadFile
from srkit.evaluation.page import Entry, make_entry, render
from srkit.evaluation.score import Alone, score
from srkit.evaluation.table import Row, Table, write_text
from srkit.metrics import Protocol
from srkit.metrics._registry import Metric
from srkit.ops.files import write
from srkit.ops.pixels import quantise
from srkit.ops.resize import imresize

__all__ = ["ResultsFolder", "set_aside"]


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
        stem = f"{_file_name(name)}_x{self.scale}"
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
                write(place.with_name(f"{place.stem[:-2]}{kind}.png"), image)
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
        table.to_csv(self.folder / "metrics.csv")
        entries = [self._entries[place] for place in places]
        baseline = replace(table, network="bicubic", rows=tuple(entry.baseline for entry in entries))
        write_text(self.folder / "index.html", render(table, baseline, entries))
        return replace(table, folder=self.folder)


def set_aside(folder: Path) -> Path | None:
    """Rename an existing folder to ``<name>.1``, ``.2``, the first free number; nothing is ever deleted.

    Returns:
        The new name, or None where there was nothing.
    """
    if not folder.exists():
        return None
    number = 1
    while (aside := folder.with_name(f"{folder.name}.{number}")).exists():
        number += 1
    folder.rename(aside)
    return aside


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.+-]+", "_", name).strip("._") or "unnamed"
