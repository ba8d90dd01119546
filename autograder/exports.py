"""What other programs read: scores, feedback in a platform's own layout, and each answer's code."""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from autograder.classview import ClassView
from autograder.people import Person
from autograder.prints import Print
from srkit.exercises import EXERCISES
from srkit.ops.atomic import atomic_path

__all__ = ["write_code", "write_columns", "write_data", "write_feedback"]


def write_columns(folder: Path, view: ClassView, people: Mapping[str, Person]) -> list[Path]:
    """Write ``scores.csv`` for everybody, and ``canvas.csv`` where the hand-ins came from Canvas.

    Canvas finds people by the number in ``ID``. Somebody whose score waits for a person has no row there: an empty cell
    would take away what the gradebook holds. Moodle's worksheet cannot be made up; it is filled in where it is given.

    Args:
        folder: where they go.
        view: the class.
        people: student -> who that is for the platform.
    """
    rows = [["student", "platform", "id", "name", "late", "score", "points possible"]]
    canvas = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", view.title]]
    canvas.append(["    Points Possible", "", "", "", "", f"{view.max_points:g}"])
    for one in view.students:
        person = people[one.name]
        late = "late" if one.late else ""
        rows.append([one.name, person.platform, person.user, person.name, late, _number(one.score), canvas[1][-1]])
        if person.platform == "canvas" and person.user and one.score is not None:
            canvas.append([person.name, person.user, "", "", "", f"{round(one.score, 2):g}"])
    written = [_table(folder / "scores.csv", rows)]
    return [*written, _table(folder / "canvas.csv", canvas)] if len(canvas) > 2 else written


def write_feedback(folder: Path, pages: Mapping[str, Path], people: Mapping[str, Person]) -> Path | None:
    """Write ``feedback.zip`` with each page under the name by which the platform takes it back; None without any.

    Args:
        folder: where it goes.
        pages: student -> page.
        people: student -> who that is for the platform.
    """
    named = {
        people[student].prefix + "feedback.html": page for student, page in pages.items() if people[student].prefix
    }
    if not named:
        return None
    path = folder / "feedback.zip"
    with atomic_path(path) as temporary, zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, page in sorted(named.items()):
            archive.writestr(zipfile.ZipInfo(name), page.read_bytes(), zipfile.ZIP_DEFLATED)
    return path


def write_data(path: Path, plain: Mapping[str, Any]) -> None:
    """Write plain data as JSON: what a page was drawn from."""
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(plain, indent=1, ensure_ascii=False) + "\n", "utf-8", "replace")


def write_code(folder: Path, prints: Mapping[str, Mapping[str, Print]]) -> int:
    """Write each answer's normalised code as ``EXERCISE/STUDENT.py``, and ``EXERCISE/info.csv`` as Dolos wants it.

    Args:
        folder: where they go.
        prints: exercise -> student -> fingerprint.

    Returns:
        how many answers were written.
    """
    written = 0
    for exercise, students in prints.items():
        place = folder / exercise
        place.mkdir(parents=True, exist_ok=True)
        rows = [["filename", "full_name", "label"]]
        for student, one in sorted(students.items()):
            (place / f"{student}.py").write_text(one.code, encoding="utf-8", errors="replace")
            rows.append([f"{student}.py", student, EXERCISES.get(exercise).number])
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
