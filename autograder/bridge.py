"""From records to nbgrader's grade book, through its API.

A person's scores, extra credit and comments are never touched. Where grading itself failed there is no automatic score,
an earlier one included, and the submission waits for a person: nothing that is not the student's fault becomes a zero.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.autograded import autograded_notebook
from autograder.course import Course, surroundings
from autograder.record import Record
from autograder.store import Entry
from tools.press import text_of

__all__ = ["Standing", "enter"]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What the grade book holds for one student, a person's part included.

    Attributes:
        score: the sum that counts, without the penalty; None as long as something waits for a person.
        penalty: for being late.
        manual: exercise -> the score a person gave.
        comments: exercise -> what a person wrote.
        waiting: exercises that wait for a person.
    """

    score: float | None
    penalty: float = 0.0
    manual: Mapping[str, float] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    waiting: tuple[str, ...] = ()


def enter(course: Course, current: Mapping[str, tuple[Entry, Record]]) -> dict[str, Standing]:
    """Write every record that counts into the grade book, and the notebooks that formgrader shows.

    Returns:
        student -> what the grade book holds now.
    """
    standings = {}
    released = (course.place("release") / f"{course.lesson.stem}.ipynb").read_bytes()
    submissions = course.submissions()
    with surroundings(), course.api.gradebook as book:
        for student, (_, record) in current.items():
            submission = _submission(book, course, student)
            notebook = next(nb for nb in submission.notebooks if nb.name == course.lesson.stem)
            for grade in notebook.grades:
                _score(grade, record)
            book.db.commit()
            book.db.refresh(notebook)
            _penalise(course, submission, notebook)
            book.db.commit()
            standings[student] = _standing(notebook)
            made = autograded_notebook(released, submissions[student].read_bytes(), record)
            _show(course, student, text_of(made))
    return standings


def _submission(book: Any, course: Course, student: str) -> Any:
    stamp = course.place("submitted", student) / "timestamp.txt"
    when = {"timestamp": stamp.read_text().strip()} if stamp.is_file() else {}
    book.update_or_create_student(student)
    return book.update_or_create_submission(course.assignment, student, **when)


def _score(grade: Any, record: Record) -> None:
    """Enter one automatic score; one that changed under a person's score asks that person to look again."""
    result = record.results.get(grade.name.removeprefix("check-"))
    points = None if result is None else result.points
    if points is None:
        grade.auto_score, grade.needs_manual_grade = None, grade.manual_score is None
    elif grade.auto_score != points:
        grade.auto_score, grade.needs_manual_grade = points, grade.manual_score is not None
    elif grade.manual_score is None:
        grade.needs_manual_grade = False


def _penalise(course: Course, submission: Any, notebook: Any) -> None:
    """Apply the course's late penalty as nbgrader's autograder would; its plug-in decides."""
    notebook.late_submission_penalty = None
    if submission.total_seconds_late > 0:
        from nbgrader.preprocessors import AssignLatePenalties

        assign = AssignLatePenalties(config=course.config)
        assign.init_plugin()
        late = assign.plugin_inst.late_submission_penalty(
            submission.student.id, notebook.score, submission.total_seconds_late
        )
        notebook.late_submission_penalty = None if late is None else min(max(late, 0.0), notebook.score)


def _standing(notebook: Any) -> Standing:
    names = {grade.name.removeprefix("check-"): grade for grade in notebook.grades}
    waiting = tuple(sorted(name for name, grade in names.items() if grade.needs_manual_grade))
    return Standing(
        score=None if waiting else float(notebook.score),
        penalty=float(notebook.late_submission_penalty or 0.0),
        manual={
            name: float(grade.manual_score + (grade.extra_credit or 0.0))
            for name, grade in names.items()
            if grade.manual_score is not None
        },
        comments={
            comment.name.removeprefix("exercise-"): comment.manual_comment
            for comment in notebook.comments
            if comment.manual_comment
        },
        waiting=waiting,
    )


def _show(course: Course, student: str, text: str) -> None:
    """Write what formgrader shows, and what nbgrader needs to release feedback, where it was submitted with it."""
    place = course.place("autograded", student)
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{course.lesson.stem}.ipynb").write_text(text, encoding="utf-8", errors="replace")
    copy_stamps(course.place("submitted", student), place)


def copy_stamps(source: Path, target: Path) -> None:
    """Copy the two small files by which nbgrader tells hand-ins apart."""
    for name in ("timestamp.txt", "submission_secret.txt"):
        if (source / name).is_file():
            shutil.copy(source / name, target / name)
