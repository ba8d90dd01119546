"""One student's feedback page: what was met, how far off, and the student's picture beside the expected one.

What belongs to a criterion that is tested only after submission stays with the grader: of its pictures, its printed
text and the texts of its exceptions nothing is shown, because a program can write its inputs into any of them. What a
known misconception says is shown, for its author wrote that.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from markupsafe import Markup

from autograder.bridge import Standing
from autograder.page import in_order, render
from autograder.pictures import triptych
from autograder.record import CriterionResult, Record, Result
from srkit.exercises import EXERCISES

__all__ = ["feedback_page", "message_for_student"]

_HIDDEN = {
    "wrong": "Tested on inputs that are not shown: the answer differs from the expected one.",
    "error": "Tested on inputs that are not shown: your code raised an exception.",
}
_FAILED = "The grader could not finish; this is not your fault."
_ASKED = "Somebody looks at it before it counts; this is not your fault."


def feedback_page(
    title: str, student: str, record: Record, standing: Standing | None = None, files: Sequence[str] = ()
) -> str:
    """Return the page of one student.

    Args:
        title: of the lesson.
        student: the name in the course.
        record: what grading gave.
        standing: what the grade book holds, with a person's scores and comments.
        files: names of the files that were graded, where there was a choice.
    """
    failed = any(result.points is None for result in record.results.values())
    return render(
        "feedback.html",
        title=f"{title}: {student}",
        lesson=title,
        student=student,
        record=record,
        files=files,
        score=record.points if standing is None else standing.score,
        penalty=standing.penalty if standing else 0.0,
        reason=_FAILED if failed or not standing or not standing.waiting else _ASKED,
        exercises=[_exercise(record.results[name], standing) for name in in_order(record.results)],
    )


def _exercise(result: Result, standing: Standing | None) -> dict[str, Any]:
    """Return what the page says of one exercise."""
    exercise = EXERCISES.get(result.exercise)
    manual = standing.manual if standing else {}
    return {
        "number": exercise.number,
        "title": exercise.title,
        "points": manual.get(result.exercise, result.points),
        "max_points": result.max_points,
        "by_a_person": result.exercise in manual,
        "comment": standing.comments.get(result.exercise, "") if standing else "",
        "rows": [{**asdict(one), "message": message_for_student(result.exercise, one)} for one in result.criteria],
        "pictures": [Markup(triptych(name, pair)) for name, pair in _public_pictures(result).items()],
        "calls": exercise.calls,
        "avoid": exercise.avoid,
        "source": result.source,
        "printed": result.printed,
    }


def message_for_student(exercise: str, criterion: CriterionResult) -> str:
    """Return what the student may read about a criterion."""
    if criterion.outcome == "correct":
        return ""
    far = criterion.error_magnitude
    if not criterion.hidden:
        said = criterion.slip or far is None or f"{far:.3g}" in criterion.message
        return criterion.message if said else f"{criterion.message} (largest difference {far:.3g})"
    if criterion.slip:
        return _said_by_author(exercise, criterion.slip)
    off = f" It is off by up to {far:.3g}." if far is not None else ""
    return _HIDDEN.get(criterion.outcome, "") + off


def _said_by_author(exercise: str, slip: str) -> str:
    """Return the sentence that goes with a known misconception."""
    known = EXERCISES.get(exercise).slips.get(slip)
    return known.message if known else ""


def _public_pictures(result: Result) -> Mapping[str, Mapping[str, object]]:
    """Return the pictures that belong to a criterion everybody may see."""
    public = {criterion.name for criterion in result.criteria if not criterion.hidden}
    return {name: pair for name, pair in result.images.items() if pair.get("criterion") in public}
