"""Grade a class: python -m autograder [CLASS_FOLDER] [--course FOLDER].

Without a class folder the demonstration class is made and graded. The class folder holds one folder per student with
the notebook in it; an ``expected.csv`` (student,points) beside them is compared with what comes out.

Leaves with 0 when every submission has a score and every expected score came out, 1 when some submission needs a human
(listed) or a score differs, 2 when the class could not be graded at all.
"""

from __future__ import annotations

import csv
import shutil
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import click

from autograder.course import Course, CourseError, Outcome
from tools.press import ROOT, sources

__all__ = ["expected_points", "main", "run_class", "table"]

Expected = Mapping[str, float | None]


@click.command()
@click.argument("class_folder", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--course", type=click.Path(file_okay=False, path_type=Path), help="Where the course lives. [build/course]"
)
@click.option("--lesson", default="11", show_default=True, help="Number of the lesson.")
@click.option("--timeout", type=click.IntRange(1), help="Seconds a single cell may run. [60; demonstration: 15]")
def main(class_folder: Path | None, course: Path | None, lesson: str, timeout: int | None) -> None:
    """Grade CLASS_FOLDER (one folder per student); without it, the demonstration class."""
    found = [path for path in sources() if path.name.startswith(f"{lesson}_")]
    if not found:
        raise click.UsageError(f"There is no lesson {lesson}; there are: {', '.join(p.stem for p in sources())}.")
    place = course or ROOT / "build" / ("course" if class_folder else "demonstration/course")
    if class_folder is None:
        class_folder, timeout = _demonstration(found[0], place), timeout or 15
    try:
        sys.exit(run_class(class_folder, place, found[0], timeout=timeout or 60))
    except CourseError as problem:
        click.echo(problem, err=True)
        sys.exit(2)


def run_class(class_folder: Path, place: Path, lesson: Path, *, timeout: int = 60) -> int:
    """Take a class from hand-in to feedback and grades; print the table; return the exit status."""
    began = time.perf_counter()
    click.echo(f"Preparing {place} (nbgrader takes some seconds to start) …")
    course = Course(place, lesson, timeout=timeout)
    course.generate()
    students = course.hand_in(class_folder)
    expected = expected_points(class_folder)
    outcomes = []
    for number, student in enumerate(students, 1):
        click.echo(f"[{number}/{len(students)}] {student}")
        outcomes.append(course.grade(student))
        course.feedback(student)
    grades = course.export()
    click.echo(table(outcomes, expected))
    click.echo(f"{len(students)} submissions in {time.perf_counter() - began:.0f} s. Grades: {grades}")
    click.echo(f"Feedback: {course.folder / 'feedback'}. Grade book: {course.folder / 'gradebook.db'}")
    return 1 if any(_unsettled(outcome, expected) for outcome in outcomes) else 0


def table(outcomes: list[Outcome], expected: Expected) -> str:
    """Return the class as a table of text; what needs attention stands in the last column."""
    wide = max([7, *(len(outcome.student) for outcome in outcomes)])
    lines = [f"{'student':{wide}}  {'points':>9}  {'expected':>8}  remark"]
    for outcome in outcomes:
        points = "-" if outcome.points is None else f"{outcome.points:g}"
        remark = f"NEEDS A HUMAN: {outcome.problem}" if outcome.points is None else ""
        wanted = ""
        if outcome.student in expected:
            value = expected[outcome.student]
            wanted = "human" if value is None else f"{value:g}"
            remark += " DIFFERS FROM WHAT WAS EXPECTED" if value != outcome.points else ""
        lines.append(f"{outcome.student:{wide}}  {points:>4} / {outcome.out_of:<2g}  {wanted:>8}  {remark}".rstrip())
    return "\n".join(lines)


def expected_points(class_folder: Path) -> dict[str, float | None]:
    """Read ``expected.csv`` of a class folder; empty where there is none."""
    path = class_folder / "expected.csv"
    if not path.is_file():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        return {row["student"]: _number(row["points"]) for row in csv.DictReader(file)}


def _number(text: str) -> float | None:
    return None if text == "human" else float(text)


def _unsettled(outcome: Outcome, expected: Expected) -> bool:
    if outcome.student in expected:
        return expected[outcome.student] != outcome.points
    return outcome.points is None


def _demonstration(lesson: Path, course: Path) -> Path:
    """Make the demonstration class beside its course, both afresh: they hold nothing anybody wrote."""
    from autograder.demonstration import write_class

    if course.exists():
        shutil.rmtree(course)
    folder = course.parent / "class"
    if folder.exists():
        shutil.rmtree(folder)
    write_class(lesson, folder)
    return folder


if __name__ == "__main__":
    main()
