"""All lessons of a class together, as plain data and as a table for the terminal."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder.classview import ClassView
from autograder.gathering import NOT_HANDED_IN, Gathered
from autograder.intake import Refused
from autograder.plain import one_line

__all__ = ["TermView", "expected_points", "lesson_table", "term_table"]


@dataclass(frozen=True, kw_only=True)
class TermView:
    """A class over the lessons that were graded.

    Attributes:
        lessons: number -> the class in that lesson.
        nothing: student -> why nothing could be graded in any lesson.
        unused: files that count for no lesson, with the reason.
        asks: student -> a question about the person.
    """

    lessons: Mapping[int, ClassView]
    nothing: Mapping[str, str]
    unused: tuple[Refused, ...]
    asks: Mapping[str, str]

    @classmethod
    def of(cls, lessons: Mapping[int, ClassView], gathered: Gathered) -> TermView:
        """Return the view of what was graded in one call."""
        return cls(lessons=lessons, nothing=gathered.nothing, unused=gathered.unused, asks=gathered.asks)

    @property
    def students(self) -> list[str]:
        """Everybody who is known, sorted."""
        names = {student.name for view in self.lessons.values() for student in view.students}
        return sorted(names | {name for view in self.lessons.values() for name in view.missing} | set(self.nothing))

    @property
    def failed(self) -> list[str]:
        """Those who have no score in some lesson because grading itself failed, sorted."""
        everybody = (one for view in self.lessons.values() for one in view.students)
        return sorted({one.name for one in everybody if one.score is None and None in one.per_exercise.values()})

    def scores(self, student: str) -> dict[int, float | None]:
        """Return lesson -> score for what a student handed in; None as long as something waits for a person."""
        return {
            number: one.score for number, view in self.lessons.items() for one in view.students if one.name == student
        }

    def total(self, student: str) -> float | None:
        """Return the sum of a student's scores; None as long as something waits for a person."""
        scores = self.scores(student).values()
        return None if None in scores else float(sum(score for score in scores if score is not None))

    @property
    def max_points(self) -> float:
        """What could be earned in all lessons."""
        return float(sum(view.max_points for view in self.lessons.values()))

    def to_dict(self) -> dict[str, Any]:
        """Return plain data, ready for JSON."""
        return {
            "lessons": {number: view.to_dict() for number, view in self.lessons.items()},
            "students": {name: {"scores": self.scores(name), "total": self.total(name)} for name in self.students},
            "max_points": self.max_points,
            "nothing": dict(self.nothing),
            "unused": [asdict(one) for one in self.unused],
            "asks": dict(self.asks),
        }


def expected_points(inbox: Path) -> dict[str, float | None]:
    """Read ``expected.csv`` of a class folder, in which only numbers are points; empty where there is none."""
    path = inbox / "expected.csv"
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {row["student"]: None if row["points"].isalpha() else float(row["points"]) for row in rows}


def lesson_table(view: ClassView, expected: Mapping[str, float | None]) -> tuple[str, bool]:
    """Return a lesson's scores as text, and whether all is settled.

    Args:
        view: the class.
        expected: student -> points that should come out, None for somebody who must need a human; may be empty.
    """
    flags = {
        student.name: student.flag or ("" if student.score is not None else "not graded") for student in view.students
    }
    scores: dict[str, float | None] = {student.name: student.score for student in view.students}
    wide = max([7, *map(len, scores), *map(len, view.missing)])
    lines, settled = [f"{'student':{wide}}  {'points':>10}  {'expected':>8}  remark"], True
    for name in sorted({**scores, **view.missing}):
        points = scores.get(name)
        remark, good = _remark(points, flags.get(name) or view.missing.get(name, ""))
        wanted = ""
        if name in expected:
            value = expected[name]
            wanted, good = ("human" if value is None else f"{value:g}"), value == points
            remark += "" if good else " DIFFERS FROM WHAT WAS EXPECTED"
        settled &= good
        shown = "-" if points is None else f"{points:g}"
        lines.append(f"{one_line(name):{wide}}  {shown:>5} / {view.max_points:<2g}  {wanted:>8}  {remark}".rstrip())
    return "\n".join(lines), settled


def _remark(points: float | None, why: str) -> tuple[str, bool]:
    why = why.partition("\n")[0]
    if points is None:
        return (f"MISSING: {why}", True) if why == NOT_HANDED_IN else (f"NEEDS A HUMAN: {why}", False)
    return (f"LOOK: {why}", False) if why else ("", True)


def term_table(term: TermView) -> tuple[str, bool]:
    """Return all lessons' scores as text, and whether all is settled."""
    wide = max([7, *map(len, term.students)])
    head = "".join(f"{number:>7}" for number in term.lessons)
    lines, remarks = [f"{'student':{wide}}{head}  {'total':>12}"], []
    for name in term.students:
        scores, total = term.scores(name), term.total(name)
        cells = "".join(f"{_cell(scores, number):>7}" for number in term.lessons)
        shown = "?" if total is None else f"{total:g}"
        lines.append(f"{one_line(name):{wide}}{cells}  {shown:>5} / {term.max_points:<4g}".rstrip())
    for number, view in term.lessons.items():
        flagged = [
            (one.name, one.score, one.flag or "not graded") for one in view.students if one.flag or one.score is None
        ]
        flagged += [(name, None, why) for name, why in view.missing.items()]
        for name, points, why in sorted(flagged, key=lambda one: one[0]):
            remark, good = _remark(points, why)
            remarks += [] if good else [f"{one_line(name)}, lesson {number}: {remark}"]
    remarks += [f"{one_line(name)}: {_remark(None, why)[0]}" for name, why in term.nothing.items()]
    note = ["?: waits for a person   -: not handed in"]
    return "\n".join([*lines, *note, *remarks]), not remarks


def _cell(scores: Mapping[int, float | None], number: int) -> str:
    if number not in scores:
        return "-"
    score = scores[number]
    return "?" if score is None else f"{score:g}"
