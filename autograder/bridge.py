"""From records to nbgrader's grade book, through its API.

A person's scores, extra credit and comments are never touched. Where grading itself failed there is no automatic score,
an earlier one included, and the submission waits for a person: nothing that is not the student's fault becomes a zero.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from autograder.autograded import autograded_notebook
from autograder.course import SECRET, Course, new_secret, surroundings
from autograder.record import Record
from autograder.store import Entry
from autograder.taken import Taken
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
        late: whether it came after the date it was due.
    """

    score: float | None
    penalty: float = 0.0
    manual: Mapping[str, float] = field(default_factory=dict)
    comments: Mapping[str, str] = field(default_factory=dict)
    waiting: tuple[str, ...] = ()
    late: bool = False


def enter(
    course: Course,
    current: Mapping[str, tuple[Entry, Record]],
    submissions: Mapping[str, Path | bytes],
    intake: Mapping[str, Taken] | None = None,
    open_questions: Mapping[str, Collection[str]] | None = None,
) -> dict[str, Standing]:
    """Write every record that counts into the grade book, and the notebooks that formgrader shows.

    Args:
        course: the lesson's course.
        current: student -> what counts.
        submissions: student -> the notebook that was graded, or its file.
        intake: what is known of those who did not submit through nbgrader.
        open_questions: student -> exercises whose score waits until a person says which file counts.

    Returns:
        student -> what the grade book holds now.
    """
    standings = {}
    released = (course.place("release") / f"{course.lesson.stem}.ipynb").read_bytes()
    with surroundings(), course.api.gradebook as book:
        for student, (_, record) in current.items():
            submission = _submission(book, course, student, (intake or {}).get(student))
            notebook = next(nb for nb in submission.notebooks if nb.name == course.lesson.stem)
            for grade in notebook.grades:
                _score(grade, record, (open_questions or {}).get(student, ()))
            book.db.commit()
            book.db.refresh(notebook)
            _penalise(course, submission, notebook)
            book.db.commit()
            standings[student] = _standing(notebook, submission.total_seconds_late > 0)
            source = submissions[student]
            content = source if isinstance(source, bytes) else source.read_bytes()
            made = autograded_notebook(released, content, record)
            _show(course, student, text_of(made))
    return standings


def _submission(book: Any, course: Course, student: str, taken: Taken | None) -> Any:
    """Return nbgrader's entry. What an archive does not tell, when something was handed in, is not made up."""
    person = taken.person if taken else None
    names = {"lms_user_id": person.user or None} if person and person.platform == "canvas" else {}
    book.update_or_create_student(student, **names)
    stamp = course.place("submitted", student) / "timestamp.txt"
    when: Any = stamp.read_text().strip() if stamp.is_file() else None
    if taken is not None and taken.person.when is None:
        due = book.find_assignment(course.assignment).duedate
        when = due + timedelta(seconds=1) if taken.person.late and due else None  # late, and nobody says by how much
    return book.update_or_create_submission(course.assignment, student, timestamp=when)


def _score(grade: Any, record: Record, open_questions: Collection[str]) -> None:
    """Enter one automatic score; one that changed under a person's score asks that person to look again."""
    name = grade.name.removeprefix("check-")
    result = record.results.get(name)
    points = None if result is None else result.points
    if points is None or name in open_questions:
        grade.auto_score, grade.needs_manual_grade = points, grade.manual_score is None
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


def _standing(notebook: Any, late: bool) -> Standing:
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
        late=late,
    )


def _show(course: Course, student: str, text: str) -> None:
    """Write what formgrader shows, and what nbgrader needs to release feedback, where it was submitted with it."""
    place = course.place("autograded", student)
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{course.lesson.stem}.ipynb").write_text(text, encoding="utf-8", errors="replace")
    copy_stamps(course.place("submitted", student), place)


def copy_stamps(source: Path, target: Path) -> None:
    """Copy the two small files by which nbgrader tells hand-ins apart; who came without a secret gets one."""
    if source.is_dir() and not (source / SECRET).is_file():
        (source / SECRET).write_text(new_secret())
    for name in ("timestamp.txt", SECRET):
        if (source / name).is_file():
            shutil.copy(source / name, target / name)
