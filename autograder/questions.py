"""Two files of one student answer a lesson differently: grade both, and ask a person where it matters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.grading import grade_class
from autograder.record import Record
from autograder.store import Entry, Store
from autograder.work import Grader, Runner

__all__ = ["Question", "grade_rivals"]


@dataclass(frozen=True, kw_only=True)
class Question:
    """Which of a student's files counts.

    Attributes:
        exercises: those whose score waits for the answer.
        scores: name of the file -> its points; the first is what counts for now.
        text: the question, with the scores.
    """

    exercises: frozenset[str]
    scores: Mapping[str, float | None]
    text: str


def grade_rivals(
    rivals: Mapping[str, Mapping[str, Path]],
    names: Mapping[str, str],
    current: Mapping[str, tuple[Entry, Record]],
    store: Store,
    grader: Grader,
    run: Runner,
    say: Callable[[str], None],
) -> dict[str, Question]:
    """Grade the rivals and return student -> question; none where all files earn the same on every exercise.

    Args:
        rivals: student -> name of a file -> where it is.
        names: student -> name of the file that was graded first.
        current: student -> what was graded first.
        store: of the lesson; the rivals' records lie below it.
        grader: how to grade.
        run: what runs the tasks.
        say: gets a line for each file.
    """
    keys = {f"{student} {place}": (student, name) for student in rivals for place, name in enumerate(rivals[student])}
    sources = {key: rivals[student][name] for key, (student, name) in keys.items()}
    if not sources:
        return {}
    beside = Store(store.folder / "rivals")
    grade_class(sources, beside, grader, run, say=say)
    records = {keys[key]: record for key, (_, record) in beside.current().items() if key in keys}
    questions = {}
    for student, found in rivals.items():
        if student in current:
            graded = {name: records[student, name] for name in found if (student, name) in records}
            if question := _question(names[student], current[student][1], graded, grader):
                questions[student] = question
    return questions


def _question(name: str, first: Record, graded: Mapping[str, Record], grader: Grader) -> Question | None:
    differing = frozenset(
        one
        for one in grader.exercises
        if any(record.results[one].points != first.results[one].points for record in graded.values())
    )
    if not differing:
        return None
    scores = {name: first.points, **{other: record.points for other, record in graded.items()}}
    told = ", ".join(f"{file}: {'?' if points is None else f'{points:g}'}" for file, points in scores.items())
    return Question(
        exercises=differing,
        scores=scores,
        text=f"Two files answer this lesson differently, and earn different points ({told}). Say which one counts: "
        "write student, lesson and file into choices.csv in the course folder, or give the score in formgrader.",
    )
