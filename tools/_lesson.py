"""Read one lesson source: a percent script whose cell markers say in words what each cell is.

The markers::

    # %% [markdown]            text
    # %% [markdown] ko MARK    the same text in Korean, under its original; MARK is the original's fingerprint
    # %%                       code to play with; not run in grading
    # %% setup                 code that everything needs; locked, and run in grading
    # %% exercise NAME         the student writes it; between ### BEGIN SOLUTION and ### END SOLUTION stands ours
    # %% check NAME            the check under it; locked, carries the points and the call that is hidden until grading

NAME is a registered exercise; its points are those of ``srkit.exercises`` and stand nowhere else.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from srkit.exercises import EXERCISES

__all__ = ["Cell", "Kind", "LessonError", "check_call", "read_lesson"]

Kind = Literal["text", "code", "setup", "exercise", "check"]
_BEGIN, _END = "### BEGIN SOLUTION", "### END SOLUTION"


class LessonError(ValueError):
    """A lesson source breaks the rules; the message names the file, the cell and the rule."""


@dataclass(frozen=True)
class Cell:
    """One cell of a lesson.

    Attributes:
        id: fixed for as long as the cell keeps its name, or its text where it has no name.
        kind: what the marker says.
        name: the exercise, for exercises and checks.
        source: the complete text, solution included.
        korean: the translation of a text, or "" where there is none.
        translated: the fingerprint the original had when it was translated.
    """

    id: str
    kind: Kind
    name: str
    source: str
    korean: str = ""
    translated: str = ""

    @property
    def fingerprint(self) -> str:
        """Return what the marker of an up-to-date translation names."""
        return hashlib.sha256(self.source.encode()).hexdigest()[:8]


def read_lesson(path: Path) -> list[Cell]:
    """Return the cells of ``solutions/NN_slug.py``.

    Raises:
        LessonError: an unknown marker or exercise, a name used twice, a check that does not follow its exercise, a
            solution region where none may be or none where there must be one.
    """
    return list(_cells(path, path.read_text(encoding="utf-8")))


@lru_cache(maxsize=64)
def _cells(path: Path, text: str) -> tuple[Cell, ...]:
    import jupytext  # two seconds, which those who only ask for the list of lessons need not spend

    notebook = jupytext.reads(text, fmt="py:percent")
    seen: Counter[str] = Counter()
    cells: list[Cell] = []
    for raw in notebook.cells:
        mark = _translation_mark(path, raw.cell_type, raw.metadata, cells)
        if mark:
            cells[-1] = replace(cells[-1], korean=raw.source, translated=mark)
            continue
        kind, name = _kind(path, raw.cell_type, raw.metadata.get("title", ""))
        cells.append(Cell(_identity(kind, name, raw.source, seen), kind, name, raw.source))
    _check(path, cells)
    return tuple(cells)


def _translation_mark(path: Path, cell_type: str, metadata: Mapping[str, Any], before: Sequence[Cell]) -> str:
    """Return the fingerprint a translation names, or "" for a cell that is none."""
    words = str(metadata.get("title", "")).split()
    if cell_type != "markdown" or words[:1] != ["ko"]:
        return ""
    if not before or before[-1].kind != "text" or before[-1].korean:
        raise LessonError(f"{path}: a Korean text stands directly under the one English text it translates.")
    return words[1] if len(words) == 2 else "unmarked"


def _kind(path: Path, cell_type: str, marker: str) -> tuple[Kind, str]:
    words = marker.split()
    if cell_type == "markdown" and not words:
        return "text", ""
    if cell_type == "code" and words in ([], ["setup"]):
        return ("setup" if words else "code"), ""
    if cell_type == "code" and len(words) == 2 and words[0] in ("exercise", "check"):
        if words[1] not in EXERCISES:
            raise LessonError(f"{path}: `# %% {marker}` names no exercise. There are: {', '.join(EXERCISES.names())}.")
        return ("exercise" if words[0] == "exercise" else "check"), words[1]
    raise LessonError(
        f"{path}: the marker `# %% {marker}` is not known. "
        "Known: [markdown], [markdown] ko MARK, nothing, setup, exercise NAME, check NAME."
    )


def _identity(kind: Kind, name: str, source: str, seen: Counter[str]) -> str:
    if name:
        return f"{kind}-{name}"
    text = "setup" if kind == "setup" else hashlib.sha256(f"{kind}\n{source}".encode()).hexdigest()[:10]
    seen[text] += 1
    return text if seen[text] == 1 else f"{text}-{seen[text]}"


def _check(path: Path, cells: list[Cell]) -> None:
    named = [(cell.kind, cell.name) for cell in cells if cell.name]
    if named != [(kind, name) for name in dict.fromkeys(n for _, n in named) for kind in ("exercise", "check")]:
        raise LessonError(f"{path}: each exercise stands once and is followed by its check; found {named}.")
    for cell in cells:
        begins, ends = cell.source.count(_BEGIN), cell.source.count(_END)
        wanted = cell.kind == "exercise"
        if begins != ends or bool(begins) != wanted:
            raise LessonError(
                f"{path}: the cell {cell.id!r} holds {begins} `{_BEGIN}` and {ends} `{_END}`; "
                f"an exercise needs at least one pair, any other cell none."
            )
        if cell.kind == "check" and cell.source != check_call(cell.name):
            raise LessonError(f"{path}: the check of {cell.name!r} is one line: {check_call(cell.name)}")


def check_call(name: str) -> str:
    """Return the one line under an exercise."""
    return f'srkit.exercises.check("{name}", {EXERCISES.get(name).answer})'
