"""What other programs read: grade columns for Canvas and Moodle, and each answer's code for similarity checkers."""

from __future__ import annotations

import ast
import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from autograder.classview import ClassView
from autograder.record import Record
from srkit.exercises import EXERCISES
from srkit.ops.atomic import atomic_path

__all__ = ["normalised", "write_class_data", "write_code", "write_columns"]


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


def write_class_data(folder: Path, view: ClassView) -> Path:
    """Write the class as ``class.json``: what the page was drawn from."""
    path = folder / "class.json"
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(view.to_dict(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


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


def normalised(source: str) -> str:
    """Return code without comments, docstrings and its author's spacing; what does not parse is returned as it is."""
    try:
        tree = ast.parse(source)
        for node in ast.walk(tree):
            if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                node.body = _without_docstring(node.body) or [ast.Pass()]
        return ast.unparse(tree) + "\n"
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source if source.endswith("\n") else f"{source}\n"


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    first = body[0] if body else None
    text = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str)
    return body[1:] if text else body


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
