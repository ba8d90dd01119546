"""Press the lessons: solutions/NN_slug.py -> lessons/NN_slug.ipynb for students, and the grader's notebook.

python tools/press.py            write what differs
python tools/press.py --check    leave with 1 and name what differs, write nothing
python tools/press.py --stamp    write into each Korean text which English text it translates (after reading both)

The student's notebook has stubs in place of solutions, no hidden calls, locked cells and fixed ids, and is committed.
The grader's (build/source/lesson_NN/NN_slug.ipynb) has everything and nbgrader's metadata, and is made when needed.
A lesson with Korean texts also gives lessons/ko/NN_slug.ipynb. The same source always gives the same bytes.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from srkit.exercises import EXERCISES
from srkit.ops.atomic import write_atomically
from tools._lesson import Cell, LessonError, check_call, read_lesson

__all__ = [
    "STUB",
    "grading_notebook",
    "korean_notebook",
    "lesson_name",
    "main",
    "press",
    "sources",
    "stamp",
    "student_notebook",
    "text_of",
]

ROOT = Path(__file__).resolve().parents[1]
STUB = (
    "# Write your answer in place of the next line.\n"
    'raise NotImplementedError("This is yours to write: replace this line, run the cell, then run the check below it.")'
)
Notebook = dict[str, Any]


def sources(folder: Path = ROOT / "solutions") -> list[Path]:
    """Return the lesson sources, in order."""
    return sorted(folder.glob("[0-9][0-9]_*.py"))


def lesson_name(path: Path) -> str:
    """Return the name under which nbgrader knows a lesson: ``11_exercise….py`` is ``lesson_11``."""
    return f"lesson_{path.stem[:2]}"


def student_notebook(path: Path) -> Notebook:
    """Return the student's notebook of a lesson source."""
    return _notebook([_cell(cell, _student_text(cell)) for cell in read_lesson(path)])


def korean_notebook(path: Path) -> Notebook | None:
    """Return the student's notebook with Korean texts, or None where the lesson has none."""
    cells = read_lesson(path)
    if not any(cell.korean for cell in cells):
        return None
    return _notebook([_cell(cell, cell.korean or _student_text(cell)) for cell in cells])


def grading_notebook(path: Path) -> Notebook:
    """Return the grader's notebook: solutions, and in each check cell the call that counts."""
    return _notebook([_cell(cell, _grading_text(cell)) for cell in read_lesson(path)])


def press(path: Path, lessons: Path, grading: Path | None = None) -> dict[Path, str]:
    """Return what the files made from one source must hold: file -> text."""
    made = {lessons / f"{path.stem}.ipynb": text_of(student_notebook(path))}
    if korean := korean_notebook(path):
        made[lessons / "ko" / f"{path.stem}.ipynb"] = text_of(korean)
    if grading is not None:
        made[grading / lesson_name(path) / f"{path.stem}.ipynb"] = text_of(grading_notebook(path))
    return made


def stamp(path: Path) -> None:
    """Write under each Korean text's marker the fingerprint of the English text above it."""
    text = path.read_text(encoding="utf-8")
    pieces = re.split(r"(?m)^(# %% \[markdown\] ko\b.*)$", text)
    marks = [cell.fingerprint for cell in read_lesson(path) if cell.korean]
    pieces[1::2] = [f"# %% [markdown] ko {mark}" for mark in marks]
    path.write_text("".join(pieces), encoding="utf-8")


def text_of(notebook: Notebook) -> str:
    """Return the text of a notebook file."""
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def main(arguments: list[str]) -> int:
    """Press or check; return the exit status: 0, 1 where something differs, 2 for a broken source."""
    checking = "--check" in arguments
    try:
        if "--stamp" in arguments:
            for path in sources():
                stamp(path)
        made: dict[Path, str] = {}
        for path in sources():
            made |= press(path, ROOT / "lessons", None if checking else ROOT / "build" / "source")
    except LessonError as problem:
        print(problem, file=sys.stderr)
        return 2
    found = {*(ROOT / "lessons").glob("*.ipynb"), *(ROOT / "lessons" / "ko").glob("*.ipynb")}
    extra = sorted(found - set(made))
    differing = [path for path, text in made.items() if not _holds(path, text)]
    if checking:
        for path in [*differing, *extra]:
            print(f"{path.relative_to(ROOT)} is not what solutions/ gives. Press it again: python tools/press.py")
        return 1 if differing or extra else 0
    for path in differing:
        _write(path, made[path])
        print(f"pressed {path.relative_to(ROOT)}")
    for path in extra:
        print(f"{path.relative_to(ROOT)} has no source in solutions/: delete it or write its source.")
    return 1 if extra else 0


def _student_text(cell: Cell) -> str:
    return _replace_region(cell.source, "SOLUTION", STUB) if cell.kind == "exercise" else cell.source


def _grading_text(cell: Cell) -> str:
    if cell.kind != "check":
        return cell.source
    answer = EXERCISES.get(cell.name).answer
    hidden = f'### BEGIN HIDDEN TESTS\nsrkit.exercises.score("{cell.name}", {answer})\n### END HIDDEN TESTS'
    return f"{check_call(cell.name)}\n{hidden}"


def _replace_region(source: str, name: str, stub: str) -> str:
    """Put ``stub`` in place of each region, indented like its first marker."""
    lines: list[str] = []
    inside = False
    for line in source.split("\n"):
        if line.strip() == f"### BEGIN {name}":
            inside = True
            indent = line[: len(line) - len(line.lstrip())]
            lines += [indent + stub_line for stub_line in stub.split("\n")]
        elif line.strip() == f"### END {name}":
            inside = False
        elif not inside:
            lines.append(line)
    return "\n".join(lines)


def _cell(cell: Cell, text: str) -> Notebook:
    metadata = _METADATA[cell.kind](cell)
    made: Notebook = {
        "cell_type": "markdown" if cell.kind == "text" else "code",
        "id": cell.id,
        "metadata": metadata,
        "source": text.splitlines(keepends=True),
    }
    return made if cell.kind == "text" else made | {"execution_count": None, "outputs": []}


def _nbgrader(cell: Cell, *, grade: bool, solution: bool, locked: bool) -> Notebook:
    facts: Notebook = {
        "cell_type": "code",
        "grade": grade,
        "grade_id": cell.id,
        "locked": locked,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    return facts | {"points": EXERCISES.get(cell.name).points} if grade else facts


_METADATA: dict[str, Callable[[Cell], Notebook]] = {
    "text": lambda cell: {},
    "code": lambda cell: {"tags": ["demo"]},
    "setup": lambda cell: {
        "deletable": False,
        "editable": False,
        "nbgrader": _nbgrader(cell, grade=False, solution=False, locked=True),
    },
    "exercise": lambda cell: {
        "deletable": False,
        "nbgrader": _nbgrader(cell, grade=False, solution=True, locked=False),
    },
    "check": lambda cell: {
        "deletable": False,
        "editable": False,
        "nbgrader": _nbgrader(cell, grade=True, solution=False, locked=True),
    },
}


def _notebook(cells: list[Notebook]) -> Notebook:
    return {
        "cells": cells,
        "metadata": {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _holds(path: Path, text: str) -> bool:
    return path.is_file() and path.read_bytes() == text.encode()


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text.encode())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
