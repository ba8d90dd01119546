"""A class to try the grading on, as Canvas hands it over: what each answers, how it came in, what must come out.

Every notebook is made from the lesson's own solution, its stubs and the mutants, so the expected points are sums of
what the exercises and the mutants' authors state. It works with every lesson that asks for a function.
"""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from autograder.mutants import mutants
from srkit.exercises import EXERCISES
from tools._lesson import read_lesson
from tools.press import sources, student_notebook, text_of

__all__ = ["DAY", "SOLVED", "STUB", "Asked", "Notebook", "Student", "Work", "write_class"]

Notebook = dict[str, Any]
Files = Mapping[str, bytes]
SOLVED, STUB, SLIP = "solution", "stub", "a known slip"
FIRST_NUMBER, FIRST_ATTACHMENT = 1001, 5001
DAY = (2026, 11, 30, 12, 0, 0)  # in the archive; it tells nothing of when something was handed in


@dataclass(frozen=True)
class Asked:
    """An exercise whose answer is a function.

    Attributes:
        name: of the function.
        solution: the shipped one.
        path: where the library's own answer can be imported from, ``module:name``.
    """

    name: str
    solution: str
    path: str


class Work:
    """A lesson, and the notebooks that can be made of it.

    Args:
        lesson: its source, one that asks for a function.
    """

    def __init__(self, lesson: Path) -> None:
        self.lesson, self.stem = lesson, lesson.stem
        self.solutions = {cell.name: cell.source for cell in read_lesson(lesson) if cell.kind == "exercise"}
        functions = [name for name, source in self.solutions.items() if re.search(r"^def ", source, re.M)]
        self.last = functions[-1]
        reference = EXERCISES.get(self.last).references[0]
        path = f"{reference.__module__}:{reference.__qualname__}"
        self.asked = Asked(EXERCISES.get(self.last).answer, self.solutions[self.last], path)

    @classmethod
    def of_another(cls, lesson: Path) -> Work:
        """Return the work of the lesson that comes next, or before the last one."""
        known = sources()
        place = known.index(lesson)
        return cls(known[place + 1 if place + 1 < len(known) else place - 1])

    @property
    def points(self) -> float:
        """What the whole lesson can earn."""
        return float(sum(EXERCISES.get(name).points for name in self.solutions))

    def earned(self, usual: str, last: str) -> float:
        """Return what a notebook earns whose last function answers ``last`` and the others ``usual``."""
        return float(sum(self._points(name, last if name == self.last else usual) for name in self.solutions))

    def notebook(self, usual: str = SOLVED, last: str = "", change: Callable[[Notebook], None] | None = None) -> bytes:
        """Return a student's notebook.

        Args:
            usual: the answers: ``SOLVED``, ``STUB`` or ``SLIP``.
            last: that of the last function: one of these, or code; "" for the usual one.
            change: what else happened to the notebook.
        """
        notebook = student_notebook(self.lesson)
        for cell in notebook["cells"]:
            name = cell["id"].removeprefix("exercise-")
            if name in self.solutions and cell["id"] != name:
                answer = (last or usual) if name == self.last else usual
                cell["source"] = self._source(name, answer, "".join(cell["source"])).splitlines(keepends=True)
        if change is not None:
            change(notebook)
        return text_of(notebook).encode()

    def _source(self, exercise: str, answer: str, stub: str) -> str:
        if answer == SLIP:
            return mutants(exercise)[0].source()
        return {SOLVED: self.solutions[exercise], STUB: stub}.get(answer, answer)

    def _points(self, exercise: str, answer: str) -> float:
        if answer == SLIP:
            return float(mutants(exercise)[0].points)
        return float(EXERCISES.get(exercise).points) if answer == SOLVED else 0.0


def _alone(work: Work, data: bytes) -> Files:
    return {f"{work.stem}.ipynb": data}


@dataclass(frozen=True, kw_only=True)
class Student:
    """One member of the class.

    Attributes:
        name: "Family, Given", as Canvas sorts people.
        story: what this one stands for.
        usual: the answers: ``SOLVED``, ``STUB`` or ``SLIP``.
        last: the answer of the last function, where it is another one; code comes from a function.
        right: whether that code is right all the same.
        change: what else happened to the notebook.
        pack: the files that were handed in, made of the lesson and the notebook.
        late: whether Canvas calls it late.
        enrolled: whether the roster has this student.
        end: ``"score"``; ``"look"``, a score with a question; ``"human"``, none; ``"missing"``, nothing handed in.
    """

    name: str
    story: str
    usual: str = SOLVED
    last: str | Callable[[Asked], str] = ""
    right: bool = False
    change: Callable[[Notebook], None] | None = None
    pack: Callable[[Work, bytes], Files] = _alone
    late: bool = False
    enrolled: bool = True
    end: Literal["score", "look", "human", "missing"] = "score"

    def files(self, work: Work) -> Files:
        """Return name -> content of what this student hands in."""
        if self.end == "missing":
            return {}
        last = self.last if isinstance(self.last, str) else self.last(work.asked)
        return self.pack(work, work.notebook(self.usual, last, self.change))

    def points(self, work: Work) -> float | None:
        """Return what must come out; None where no score may."""
        if self.end in ("human", "missing"):
            return None
        last = self.last if isinstance(self.last, str) else SOLVED if self.right else STUB
        return work.earned(self.usual, last or self.usual)


def write_class(lesson: Path, folder: Path, students: Sequence[Student]) -> dict[str, float | None]:
    """Write ``folder/submissions.zip`` as Canvas does, ``expected.csv`` beside it, and ``Grades.csv``, the roster.

    The roster lies beside the folder, which holds what was handed in and nothing else.

    Args:
        lesson: its source.
        folder: for the archive; made.
        students: the class.

    Returns:
        name in the course -> points that must come out; None for those who need a human, or handed in nothing.
    """
    work, expected, attachment = Work(lesson), dict[str, float | None](), FIRST_ATTACHMENT
    folder.mkdir(parents=True)
    rows = []
    with zipfile.ZipFile(folder / "submissions.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, student in enumerate(students, FIRST_NUMBER):
            written = re.sub(r"\W", "", student.name.lower())
            for name, content in student.files(work).items():
                head = f"{written}{'_LATE' if student.late else ''}_{number}"
                place = f"{head}_{name}" if name == "text.html" else f"{head}_{attachment}_{name}"
                archive.writestr(zipfile.ZipInfo(place, DAY), content, zipfile.ZIP_DEFLATED)
                attachment += 1
            key = f"{student.name} ({number})" if student.end == "missing" else f"{written}_{number}"
            expected[key] = student.points(work)
            if student.enrolled:
                rows.append([student.name, str(number), f"login{number}", "Section 1", ""])
    told = [
        [name, student.end if points is None else f"{points:g}", student.story]
        for (name, points), student in zip(expected.items(), students, strict=True)
    ]
    _write(folder / "expected.csv", [["student", "points", "story"], *told])
    title = f"Lesson {int(lesson.stem[:2])} ({lesson.stem[:2]}00)"
    head = [
        ["Student", "ID", "SIS Login ID", "Section", title],
        ["    Points Possible", "", "", "", f"{work.points:g}"],
    ]
    _write(folder.parent / "Grades.csv", [*head, *rows])
    return expected


def _write(path: Path, rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
