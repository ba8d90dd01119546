"""A table of numbers that only grows: rows in memory, the same rows as CSV on disk."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

from srkit.errors import BadFile
from srkit.ops.atomic import cannot_write, write_atomically

__all__ = ["Ledger"]


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
        """Write the whole table to ``path``, replacing what is there in one step.

        Raises:
            BadFile: the file cannot be written.
        """
        write_atomically(path, self.to_csv_text().encode(), durable=True)
        self._written, self._stale = len(self.rows), False

    def append_to(self, path: Path, *, everything: bool = False) -> None:
        """Bring the file up to date by appending the finished rows (with ``everything``, the last row too).

        Raises:
            BadFile: the file cannot be written.
        """
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
        """Read back what :meth:`to_csv_text` wrote.

        Raises:
            BadFile: it is not such a table.
        """
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
