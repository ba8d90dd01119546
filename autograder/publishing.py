"""Write what is shown: each student's page, a page for each lesson, one for the whole class, and what programs read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from autograder.bridge import Standing, copy_stamps
from autograder.classpage import class_page
from autograder.classview import ClassView
from autograder.course import Course, surroundings
from autograder.exports import write_code, write_columns, write_data, write_feedback
from autograder.questions import Question
from autograder.reader import Reader
from autograder.record import Record
from autograder.report import feedback_page
from autograder.similarity import avoided, matches, prints_of
from autograder.store import Entry
from autograder.taken import Taken, people_of
from autograder.term import TermView
from autograder.termpage import term_page
from srkit.ops.atomic import atomic_path

__all__ = ["publish", "publish_term"]


def publish(
    course: Course,
    view: ClassView,
    current: Mapping[str, tuple[Entry, Record]],
    standings: Mapping[str, Standing],
    intake: Mapping[str, Taken],
    questions: Mapping[str, Question],
) -> None:
    """Write one lesson's pages and tables.

    Args:
        course: the lesson's course.
        view: the class.
        current: student -> what counts.
        standings: student -> what the grade book holds.
        intake: student -> which files were taken.
        questions: student -> which of several files counts.
    """
    name = f"{course.lesson.stem}.html"
    people = people_of([student.name for student in view.students], intake)
    pages = {}
    for student, (_, record) in current.items():
        place = course.place("feedback", student)
        place.mkdir(parents=True, exist_ok=True)
        files = intake[student].files if student in intake and len(intake[student].files) > 1 else ()
        _write(place / name, feedback_page(view.title, student, record, standings.get(student), files))
        copy_stamps(course.place("submitted", student), place)
        pages[student] = place / name
    report = course.folder / "report" / course.assignment
    report.mkdir(parents=True, exist_ok=True)
    with Reader(()) as reader:
        prints = prints_of({student: record for student, (_, record) in current.items()}, reader)
        alike = matches(prints, course.lesson, reader)
    address = f"../../feedback/{{student}}/{course.assignment}/{name}"
    _write(report / "index.html", class_page(view, address, questions, alike, avoided(prints)))
    write_data(report / "class.json", view.to_dict())
    write_columns(report, view, people)
    settled = {student.name for student in view.students if student.score is not None}
    write_feedback(report, {student: page for student, page in pages.items() if student in settled}, people)
    write_code(report / "code", prints)
    with surroundings():
        course.export(course.folder / "grades.csv")


def publish_term(folder: Path, term: TermView) -> None:
    """Write the page of the whole class, and its data.

    Args:
        folder: of the course.
        term: all lessons that were graded.
    """
    report = folder / "report"
    report.mkdir(exist_ok=True)
    _write(report / "index.html", term_page(term))
    write_data(report / "class.json", term.to_dict())


def _write(path: Path, text: str) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
