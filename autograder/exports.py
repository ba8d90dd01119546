"""What other programs read: grade columns for Canvas and Moodle, and each answer's code for similarity checkers."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder.classview import ClassView
from autograder.normal import normalised
from autograder.record import Record
from srkit.exercises import EXERCISES
from srkit.ops.atomic import atomic_path

__all__ = ["write_code", "write_columns", "write_data"]


def write_columns(folder: Path, view: ClassView) -> list[Path]:
    """Write ``canvas.csv`` and ``moodle.csv``. A score that waits for a person is left empty, which both read as none.

    Args:
        folder: where they go.
        view: the class.
    """
    canvas = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", view.title]]
    canvas.append(["    Points Possible", "", "", "", "", f"{view.max_points:g}"])
    canvas += [[one.name, "", "", one.name, "", _number(one.score)] for one in view.students]
    moodle = [["Username", "Grade", "Maximum grade", "Feedback comments"]]
    moodle += [[one.name, _number(one.score), f"{view.max_points:g}", one.flag] for one in view.students]
    return [_table(folder / "canvas.csv", canvas), _table(folder / "moodle.csv", moodle)]


def write_data(path: Path, plain: Mapping[str, Any]) -> None:
    """Write plain data as JSON: what a page was drawn from."""
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(plain, indent=1, ensure_ascii=False) + "\n", "utf-8", "replace")


def write_code(folder: Path, records: Mapping[str, Record]) -> int:
    """Write each answer's normalised code as ``EXERCISE/STUDENT.py``, and ``EXERCISE/info.csv`` as Dolos wants it.

    Returns:
        how many answers were written.
    """
    written = 0
    exercises = dict.fromkeys(name for record in records.values() for name in record.results)
    for exercise in exercises:
        place = folder / exercise
        place.mkdir(parents=True, exist_ok=True)
        rows = [["filename", "full_name", "label"]]
        for student, record in sorted(records.items()):
            result = record.results.get(exercise)
            if result is not None and result.source.strip():
                name = f"{student}.py"
                (place / name).write_text(normalised(result.source), encoding="utf-8", errors="replace")
                rows.append([name, student, EXERCISES.get(exercise).number])
        _table(place / "info.csv", rows)
        written += len(rows) - 1
    return written


def _number(score: float | None) -> str:
    return "" if score is None else f"{score:g}"


def _table(path: Path, rows: Iterable[Sequence[str]]) -> Path:
    """Write a table in which no cell is taken for a formula: a spreadsheet would run one."""
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([_tame(cell) for cell in row] for row in rows)
    return path


def _tame(cell: str) -> str:
    return f"'{cell}" if cell[:1] in tuple("=+-@\t\r") and not _is_number(cell) else cell


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
