"""The history of a run: one row for each logged step, in memory and as CSV on disk."""

from __future__ import annotations

import csv
import io
import os
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from srkit._optional import optional
from srkit.errors import BadFile, BadInput
from srkit.metrics import METRICS
from srkit.ops.atomic import cannot_write, write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["History", "Ledger", "medians"]

_BEFORE = ("step", "seconds", "learning_rate", "loss")
_AFTER = ("gradient_norm", "skipped", "valid_psnr", "valid_ssim")
_VALID = "valid_"
_POINTS = 4000
_INK, _PALE, _SECOND = "#1f4e79", "#9db8d2", "#b45309"


class Ledger:
    """Rows of named values, of which only the last may still change.

    Args:
        columns: their names; the first is ``"step"`` and identifies a row.

    A value is a number, a text or None (an empty cell). Numbers are written so that reading them gives the same float.
    """

    def __init__(self, columns: Sequence[str]) -> None:
        self.columns = tuple(columns)
        self.rows: list[dict[str, Any]] = []
        self._lines: list[str] = []
        self._written = 0
        self._stale = False  # whether the file on disk has other columns

    def note(self, step: int, **values: Any) -> None:
        """Add values to the row of ``step``, which is the last one or a new one."""
        if not self.rows or self.rows[-1]["step"] != step:
            if self.rows:
                self._lines.append(self._line(self.rows[-1]))
            self.rows.append({**dict.fromkeys(self.columns), "step": step})
        self.rows[-1].update(values)

    def add_columns(self, names: Sequence[str], place: int) -> None:
        """Insert empty columns before the ``place``-th; the file is written anew when it is next brought up to date."""
        self.columns = (*self.columns[:place], *names, *self.columns[place:])
        self.rows = [{name: row.get(name) for name in self.columns} for row in self.rows]
        self._lines = [self._line(row) for row in self.rows[:-1]]
        self._stale = True

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, column: str) -> list[Any]:
        """Return one column from top to bottom; empty cells are None."""
        return [row[column] for row in self.rows]

    def pairs(self, column: str) -> tuple[list[int], list[Any]]:
        """Return the steps that have a value in ``column``, and those values."""
        filled = [(row["step"], row[column]) for row in self.rows if row.get(column) is not None]
        return [step for step, _ in filled], [value for _, value in filled]

    def to_csv_text(self) -> str:
        """Return the whole table as CSV, with a header line."""
        last = [self._line(self.rows[-1])] if self.rows else []
        return "".join([_csv_line(self.columns), *self._lines, *last])

    def start_file(self, path: Path) -> None:
        """Write the whole table to ``path``, replacing what is there in one step."""
        write_atomically(path, self.to_csv_text().encode(), durable=True)
        self._written, self._stale = len(self.rows), False

    def append_to(self, path: Path, *, everything: bool = False) -> None:
        """Bring the file up to date by appending the finished rows (with ``everything``, the last row too)."""
        if self._stale:
            self.start_file(path)
            return
        pending = self._lines[self._written :]
        if everything and self.rows and self._written <= len(self._lines):
            pending.append(self._line(self.rows[-1]))
        try:
            with path.open("a", encoding="utf-8", newline="") as file:
                file.write("".join(pending))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise cannot_write(path, error) from error
        self._written += len(pending)

    @classmethod
    def from_csv_text(cls, text: str) -> Self:
        """Read back what :meth:`to_csv_text` wrote."""
        found = list(csv.reader(io.StringIO(text)))
        if not found or found[0][:1] != ["step"] or any(len(row) != len(found[0]) for row in found):
            raise BadFile("This is not a training history: expected CSV with a header that begins with 'step'.")
        table = cls(found[0])
        for cells in found[1:]:
            values = {name: _value(cell) for name, cell in zip(found[0], cells, strict=True)}
            table.note(**values)
        return table

    def _line(self, row: dict[str, Any]) -> str:
        return _csv_line([_cell(row[name]) for name in self.columns])


class History(Ledger):
    """The course of a run.

    Columns: ``step`` (updates made), ``seconds`` spent on steps so far (validation and saving not counted),
    ``learning_rate``, ``loss``, one column per term of the loss (already weighted), ``gradient_norm`` (before
    clipping), ``skipped`` (1 where the guard refused the update), and ``valid_psnr`` (dB), ``valid_ssim`` and one
    column for each further metric at the steps that were validated.
    """

    @classmethod
    def of_terms(cls, terms: Sequence[str]) -> History:
        """Return an empty history for a loss with these terms."""
        taken = [term for term in terms if term in (*_BEFORE, *_AFTER) or term.startswith(_VALID)]
        if taken:
            raise BadInput(
                f"A loss term cannot be called {', '.join(sorted(taken))}: the history has a column of that name."
            )
        return cls([*_BEFORE, *terms, *_AFTER])

    def widen(self, terms: Sequence[str]) -> None:
        """Add columns for terms that are new: a growing network gets further predictions. Earlier rows stay empty."""
        new = [term for term in terms if term not in self.columns]
        if new:
            self.add_columns(new, self.columns.index(_AFTER[0]))

    def note_validation(self, step: int, scores: Mapping[str, float]) -> None:
        """Add the means of a validation to the row of ``step``, with a new column where a metric is new."""
        values = {_VALID + name: value for name, value in scores.items()}
        new = [name for name in values if name not in self.columns]
        if new:
            self.add_columns(new, len(self.columns))
        self.note(step, **values)

    @property
    def terms(self) -> tuple[str, ...]:
        """The names of the terms of the loss."""
        return self.columns[len(_BEFORE) : self.columns.index(_AFTER[0])]

    def plot(self) -> Figure:
        """Return a figure of the loss (and its terms) over the steps, with the validation where there is one."""
        figure: Figure = optional("matplotlib.figure", "plots").Figure(figsize=(7.5, 3.6), layout="constrained")
        axes = figure.subplots()
        self._plot_losses(axes)
        axes.set(xlabel="step", ylabel="loss")
        axes.grid(alpha=0.25)
        validated = next((name for name in self.columns if name.startswith(_VALID) and self.pairs(name)[0]), None)
        if validated:
            metric = METRICS.get(validated.removeprefix(_VALID))
            right = axes.twinx()
            right.plot(*self.pairs(validated), "o-", color=_SECOND, markersize=4, label=f"validation {metric.title}")
            right.set_ylabel(f"validation {metric.heading}", color=_SECOND)
        axes.legend(loc="upper right", frameon=False)
        return figure

    def _plot_losses(self, axes: Any) -> None:
        steps, losses = self.pairs("loss")
        thin = max(1, len(steps) // _POINTS)
        axes.plot(steps[::thin], losses[::thin], color=_PALE, linewidth=0.8)
        axes.plot(*medians(steps, losses), color=_INK, linewidth=1.8, label="loss (median of 1 % of the steps)")
        if len(self.terms) > 1:
            for number, term in enumerate(self.terms):
                style = ("--", ":", "-.")[number % 3]
                axes.plot(*medians(*self.pairs(term)), style, linewidth=1.2, color="#4b5563", label=term)
        if losses and min(losses) > 0:
            axes.set_yscale("log")


def medians(steps: Sequence[int], values: Sequence[float], *, parts: int = 100) -> tuple[list[float], list[float]]:
    """Return the median step and the median value in each of (at most) ``parts`` equal stretches of a curve."""
    width = max(1, -(-len(values) // parts))
    stretches = [slice(begin, begin + width) for begin in range(0, len(values), width)]
    return (
        [statistics.median(steps[stretch]) for stretch in stretches],
        [statistics.median(values[stretch]) for stretch in stretches],
    )


def _csv_line(cells: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else repr(value)


def _value(cell: str) -> Any:
    if cell == "":
        return None
    for kind in (int, float):
        try:
            return kind(cell)
        except ValueError:
            continue
    return cell
