"""One student's feedback page: what was met, how far off, and her picture beside the expected one.

What belongs to a criterion that is tested only after submission stays with the grader: of its pictures, its printed
text and the texts of its exceptions nothing is shown, because a program can write its inputs into any of them. What a
known misconception says is shown, for its author wrote that.
"""

from __future__ import annotations

from collections.abc import Mapping

from autograder.bridge import Standing
from autograder.page import escape, in_order, page, status
from autograder.pictures import triptych
from autograder.record import CriterionResult, Record, Result
from srkit.exercises import EXERCISES

__all__ = ["feedback_page"]

_HIDDEN = {
    "wrong": "Tested on inputs that are not shown: the answer differs from the expected one.",
    "error": "Tested on inputs that are not shown: your code raised an exception.",
}


def feedback_page(title: str, student: str, record: Record, standing: Standing | None = None) -> str:
    """Return the page of one student.

    Args:
        title: of the lesson.
        student: her name in the course.
        record: what grading gave.
        standing: what the grade book holds, with a person's scores and comments.
    """
    body = [f"<header><h1>{escape(title)}</h1>", f"<p><b>{escape(student)}</b>: {_total(record, standing)}</p>"]
    if record.problem:
        body.append(f'<p class="bad">{escape(record.problem)}</p>')
    body.append("</header>")
    body += [_exercise(record.results[name], standing) for name in in_order(record.results)]
    return page(f"{title}: {student}", "\n".join(body))


def _total(record: Record, standing: Standing | None) -> str:
    score = record.points if standing is None else standing.score
    if score is None:
        return '<span class="wait">? waits for a person</span>. The grader could not finish; this is not your fault.'
    late = standing.penalty if standing else 0.0
    told = f"<b>{score - late:g}</b> of {record.max_points:g} points"
    return f"{told} ({score:g}, less {late:g} for being late)" if late else told


def _exercise(result: Result, standing: Standing | None) -> str:
    exercise = EXERCISES.get(result.exercise)
    rows = "".join(_row(result.exercise, criterion) for criterion in result.criteria)
    parts = [
        f'<section class="card"><h2><span>{escape(exercise.number)} {escape(exercise.title)}</span>'
        f"<span>{_points(result, standing)}</span></h2>",
        _by_a_person(result.exercise, standing),
        "<table><tr><th>result</th><th>what was asked</th><th class='number'>points</th></tr>" + rows + "</table>",
        *(triptych(name, pair) for name, pair in _public_pictures(result).items()),
    ]
    if result.source:
        parts.append(
            f"<details><summary>your code, as it was run</summary><pre>{escape(result.source)}</pre></details>"
        )
    if result.printed:
        parts.append(f"<details><summary>what it printed</summary><pre>{escape(result.printed)}</pre></details>")
    return "\n".join([*parts, "</section>"])


def _points(result: Result, standing: Standing | None) -> str:
    if standing is not None and result.exercise in standing.manual:
        return f"{standing.manual[result.exercise]:g} of {result.max_points:g}"
    if result.points is None:
        return status("infrastructure")
    return f"{result.points:g} of {result.max_points:g}"


def _by_a_person(name: str, standing: Standing | None) -> str:
    told = []
    if standing is not None and name in standing.manual:
        told.append("<p>The score was given by a person.</p>")
    if standing is not None and name in standing.comments:
        told.append(f"<p><b>Comment:</b> {escape(standing.comments[name])}</p>")
    return "".join(told)


def _row(exercise: str, criterion: CriterionResult) -> str:
    points = "–" if criterion.points is None else f"{criterion.points:g}"
    hidden = ' <span class="soft">(tested after submission)</span>' if criterion.hidden else ""
    message = _message(exercise, criterion)
    return (
        f'<tr><td class="status">{status(criterion.outcome)}</td><td>{escape(criterion.text)}{hidden}'
        f"{f'<p>{escape(message)}</p>' if message else ''}</td>"
        f'<td class="number">{points} / {criterion.max_points:g}</td></tr>'
    )


def _message(exercise: str, criterion: CriterionResult) -> str:
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
    return next((known.message for known in EXERCISES.get(exercise).slips if known.name == slip), "")


def _public_pictures(result: Result) -> Mapping[str, Mapping[str, object]]:
    """Return the pictures that belong to a criterion everybody may see."""
    public = {criterion.name for criterion in result.criteria if not criterion.hidden}
    return {name: pair for name, pair in result.images.items() if pair.get("criterion") in public}
