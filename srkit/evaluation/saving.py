"""Write the results of an evaluation into one folder: images, ``metrics.csv`` and a page; whole or not at all."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType

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
    """Collects results in a hidden folder and gives it its name at the end.

    Use it in a ``with`` block: an error inside leaves nothing behind, and an older folder of that name keeps its
    content under the next free number (``results-set5.1``).

    Args:
        pairs: write ``<name>_x2_LR.png`` and ``<name>_x2_HR.png`` beside each ``<name>_x2_SR.png``.
    """

    def __init__(
        self, home: Path, table: Table, protocol: Protocol, metrics: Sequence[Metric], *, pairs: bool = False
    ) -> None:
        self.folder = home / f"results-{_file_name(table.dataset)}"
        self.table = table
        self.protocol = protocol
        self.metrics = metrics
        self.pairs = pairs
        self.entries: list[Entry] = []
        self.baseline: list[Row] = []
        self._names: set[str] = set()

    def __enter__(self) -> ResultsFolder:
        home = self.folder.parent
        try:
            home.mkdir(parents=True, exist_ok=True)
            self._hidden = Path(tempfile.mkdtemp(dir=home, prefix=f".{self.folder.name}."))
        except OSError as error:
            raise BadFile(
                f"Results cannot be written to {home} ({error.strerror}). Choose a folder you may write to."
            ) from error
        self._hidden.chmod(0o755)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        shutil.rmtree(self._hidden, ignore_errors=True)

    def add(self, pair: Pair | Alone, sr: Tensor, row: Row) -> None:
        """Write one image, and keep what the page will show of it."""
        stem = self._free_name(f"{_file_name(pair.name)}_x{self.table.scale}")
        image = f"{stem}_SR.png"
        write(self._hidden / image, sr)
        if self.pairs:
            write(self._hidden / f"{stem}_LR.png", pair.lr)
            if pair.hr is not None:
                write(self._hidden / f"{stem}_HR.png", pair.hr)
        bicubic = quantise(imresize(pair.lr.double(), size=(sr.shape[-2], sr.shape[-1])))
        base = Row(name=row.name, seconds=0.0, scores=score(bicubic, pair, self.protocol, self.metrics))
        self.baseline.append(base)
        self.entries.append(make_entry(row, base, sr, pair.hr, bicubic, border=self.protocol.border, file=image))

    def finish(self, table: Table) -> Table:
        """Write ``metrics.csv`` and ``index.html``, give the folder its name, and return the table with it."""
        table.to_csv(self._hidden / "metrics.csv")
        baseline = replace(table, network="bicubic", rows=tuple(self.baseline))
        write_text(self._hidden / "index.html", render(table, baseline, self.entries))
        set_aside(self.folder)
        self._hidden.replace(self.folder)
        return replace(table, folder=self.folder)

    def _free_name(self, stem: str) -> str:
        free, number = stem, 2
        while free in self._names:
            free, number = f"{stem}_{number}", number + 1
        self._names.add(free)
        return free


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
