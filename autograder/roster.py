"""A roster: Canvas's gradebook export, Moodle's grading worksheet, or a table of one's own; found people, filled in.

The export is the file that was given, with its own header, order, language, separator and byte order mark; only the
cells of the lesson's column change, and only for people who have a score. A cell is never emptied: in both platforms'
imports an empty cell can take a grade away.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.people import Person
from srkit.errors import BadInput

__all__ = ["Roster", "read_roster"]

_TITLE = re.compile(r"^(?P<title>.*) \((?P<number>\d+)\)$", re.DOTALL)
_PARTICIPANT = re.compile(r"^\D*?(\d+)$")
_KEYS = ("student", "student_id", "id", "user", "username", "login", "email", "e-mail", "mail", "name", "full name")
_TOTAL = 0.005  # two decimals are all that either platform keeps


@dataclass(frozen=True)
class Roster:
    """A table of people.

    Attributes:
        path: where it came from.
        kind: ``"canvas"``, ``"moodle"`` or ``"table"``.
        rows: all cells, the header first.
        people: numbers of the rows that are people.
        keys: for each column of identities, in the order in which the platform itself looks: its number.
        separator: ``","``, ``";"`` or a tab.
        mark: the byte order mark, or "".
        comma: whether numbers have a decimal comma.
    """

    path: Path
    kind: str
    rows: Sequence[Sequence[str]]
    people: tuple[int, ...]
    keys: tuple[int, ...]
    separator: str
    mark: str
    comma: bool

    def row_of(self, person: Person) -> int | None:
        """Return the row of a person; None where there is none, or two people have that name.

        The platform's own number comes first; then whatever identity the roster has that is the student's name.
        """
        if person.user and self.kind == person.platform:
            found = [row for row in self.people if self._number(row) == person.user]
            return found[0] if len(found) == 1 else None
        wanted = {text.casefold() for text in (person.student, person.name, person.user) if text}
        for column in self.keys:
            found = [row for row in self.people if self._cell(row, column).strip().casefold() in wanted]
            if len(found) == 1:
                return found[0]
        return None

    def name_of(self, row: int) -> str:
        """Return what a row's person is called: the e-mail, the name with Canvas's number, or another identity."""
        if self.kind == "canvas":
            return f"{', '.join(self.rows[row][: self.keys[0]])} ({self._number(row)})"
        cells = [self._cell(row, column).strip() for column in self.keys]
        return next((cell for cell in cells if "@" in cell), next((cell for cell in cells if cell), f"row {row + 1}"))

    def email_of(self, row: int) -> str:
        """Return a row's e-mail, or ""."""
        return next((cell for column in self.keys if "@" in (cell := self._cell(row, column).strip())), "")

    def column_of(self, lesson: int, only: bool, title: str = "") -> int:
        """Return the column of a lesson's scores; one past the end where a table of one's own has none yet.

        Args:
            lesson: its number.
            only: whether it is the only lesson that is graded.
            title: the column's header, or its beginning, where it was told.

        Raises:
            BadInput: there is no such column, or several may be meant.
        """
        if self.kind == "moodle":
            return self._moodle_grade()
        header = self.rows[0]
        taken = [place for place, cell in enumerate(header) if self.kind == "table" or _TITLE.match(cell)]
        places = [place for place in taken if place not in self.keys]
        if title:
            found = [p for p in places if header[p] == title] or [p for p in places if header[p].startswith(title)]
        else:
            told = {p: found["title"] if (found := _TITLE.match(header[p])) else header[p] for p in places}
            found = [p for p in places if re.search(rf"(?<!\d){lesson:d}(?!\d)|(?<!\d){lesson:02d}(?!\d)", told[p])]
            found = found or (places if only and self.kind == "canvas" and len(places) == 1 else [])
        if not found and self.kind == "table" and not title:
            return len(header)
        if len(found) != 1:
            names = ", ".join(repr(header[p]) for p in places) or "none"
            raise BadInput(
                f"{self.path.name}: which column is lesson {lesson}? It has {names}. Say it: --column {lesson}=TITLE."
            )
        return found[0]

    def possible(self, column: int) -> float | None:
        """Return the points the platform gives for a column, where the roster says them."""
        if self.kind == "moodle":
            numbers = {_read(self._cell(row, column + 1)) for row in self.people} - {None}
            return numbers.pop() if len(numbers) == 1 else None
        if self.kind == "canvas":
            rows = [row for row in self.rows if row and "points possible" in row[0].lower()]
            return _read(rows[0][column]) if rows and column < len(rows[0]) else None
        return None

    def filled(self, columns: Mapping[int, Mapping[int, float]], headers: Mapping[int, str]) -> bytes:
        """Return the file with scores in it.

        Args:
            columns: column -> row -> score; every other cell stays what it is.
            headers: column -> header, for columns that the file does not have yet.
        """
        rows = [list(row) for row in self.rows]
        for column, scores in columns.items():
            if column >= len(rows[0]):
                rows = [[*row, *[""] * (column + 1 - len(row))] for row in rows]
                rows[0][column] = headers[column]
            for row, score in scores.items():
                old = _read(rows[row][column])
                if old is None or abs(old - score) >= _TOTAL:
                    rows[row][column] = self._written(score)
        text = io.StringIO()
        csv.writer(text, delimiter=self.separator).writerows(rows)
        return (self.mark + text.getvalue()).encode()

    def excused(self, row: int, column: int) -> bool:
        """Tell whether the platform's cell says that no score is wanted."""
        return self._cell(row, column).strip().upper() in ("EX", "N/A")

    def _written(self, score: float) -> str:
        text = f"{score:.2f}".rstrip("0").rstrip(".")
        return text.replace(".", ",") if self.comma else text

    def _number(self, row: int) -> str:
        cell = self._cell(row, self.keys[0]).strip()
        found = _PARTICIPANT.match(cell)
        return found[1] if found else cell

    def _cell(self, row: int, column: int) -> str:
        cells = self.rows[row]
        return cells[column] if column < len(cells) else ""

    def _moodle_grade(self) -> int:
        """Return the column of grades: in every language it is the one before the maximum, which is constant."""
        width = len(self.rows[0])
        for column in range(len(self.keys), width - 1):
            tops = {_read(self._cell(row, column + 1)) for row in self.people}
            top = tops.pop() if len(tops) == 1 else None
            grades = [self._cell(row, column).strip() for row in self.people]
            numbers = [_read(cell) for cell in grades if cell not in ("", "-")]
            if top and all(number is not None and number <= top for number in numbers):
                return column
        raise BadInput(
            f"{self.path.name}: no column of grades followed by the maximum grade was found. Download the grading "
            "worksheet of an assignment that is graded by points, not by a scale."
        )


def read_roster(path: Path) -> Roster:
    """Read a roster.

    Raises:
        BadInput: it is none of the three.
        OSError: it cannot be read.
    """
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(f"{path.name} is not UTF-8; save it as CSV UTF-8, or take the platform's own export.") from None
    separator = max(",;\t", key=lambda one: sum(line.count(one) for line in text.splitlines()[:3]))
    rows = [row for row in csv.reader(io.StringIO(text), delimiter=separator) if any(row)]
    if not rows:
        raise BadInput(f"{path.name} is empty; a roster is Canvas's gradebook export, Moodle's worksheet, or a CSV.")
    mark = "\ufeff" if raw.startswith(b"\xef\xbb\xbf") else ""
    kind, people, keys = _kind(rows, path)
    comma = separator != "," and any(re.fullmatch(r"\d+,\d+", cell) for row in rows for cell in row)
    comma = comma or (kind == "moodle" and any(re.fullmatch(r"\d+,\d+", cell) for row in rows for cell in row))
    return Roster(path, kind, rows, tuple(people), tuple(keys), separator, mark, comma)


def _kind(rows: Sequence[Sequence[str]], path: Path) -> tuple[str, list[int], list[int]]:
    header = rows[0]
    if len(header) > 3 and _is_canvas(header):
        start = header.index("ID")
        names = [0] if start == 1 else []  # a last name alone names nobody
        keys = [start, *[p for p, cell in enumerate(header) if cell in ("SIS User ID", "SIS Login ID")], *names]
        people = [n for n, row in enumerate(rows) if n and _is_person(row, start)]
        return "canvas", people, keys
    everybody = list(range(1, len(rows)))
    if everybody and all(re.match(r"^\S.*\d+$", rows[n][0]) and not rows[n][0].isdecimal() for n in everybody):
        return "moodle", everybody, [0, *_identities(rows)]
    keys = [p for name in _KEYS for p, cell in enumerate(header) if cell.strip().lower() == name]
    if keys:
        return "table", everybody, keys
    raise BadInput(
        f"{path.name} is no roster: its first line is {', '.join(header[:6])!r}. A roster is Canvas's gradebook "
        "export, Moodle's grading worksheet, or a CSV with a column student, id, login, email or name."
    )


def _is_canvas(header: Sequence[str]) -> bool:
    one = "Student" in header[0] and header[1] == "ID"
    return one or (list(header[:3]) == ["LastName", "FirstName", "ID"])


def _is_person(row: Sequence[str], start: int) -> bool:
    """Tell a student from the rows that Canvas puts before and after them."""
    test = row[0] == "Student, Test" or list(row[:2]) == ["Student", "Test"]
    return len(row) > start and row[start].strip().isdecimal() and not test


def _identities(rows: Sequence[Sequence[str]]) -> list[int]:
    """Return the columns of a Moodle worksheet that tell people apart: all cells differ, or hold an e-mail."""
    found = []
    for column in range(1, min(6, len(rows[0]))):
        cells = [row[column].strip() for row in rows[1:] if column < len(row)]
        if cells and all("@" in cell for cell in cells):
            return [column, *found]
        if len(set(cells)) == len(cells) == len(rows) - 1 and all(cells) and _read(cells[0]) is None:
            found.append(column)
    return found[:2]


def _read(cell: str) -> float | None:
    """Return a number as the platforms read one: the last of several separators is the decimal sign."""
    text = cell.strip()
    if not re.fullmatch(r"-?\d[\d.,]*", text):
        return None
    whole, _, part = text.replace(",", ".").rpartition(".")
    return float(f"{whole.replace('.', '')}.{part}") if whole else float(part)
