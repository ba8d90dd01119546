"""The instructor's page of one lesson: a static file, drawn from the plain data of :mod:`autograder.classview`."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from autograder.classview import ClassView, CriterionView
from autograder.page import in_order, label, render
from autograder.questions import Question
from autograder.similarity import Match
from srkit.exercises import EXERCISES

__all__ = ["class_page"]


def class_page(
    view: ClassView,
    feedback: str = "",
    questions: Mapping[str, Question] | None = None,
    alike: Sequence[Match] = (),
    called: Sequence[tuple[str, str, tuple[str, ...]]] = (),
) -> str:
    """Return the page.

    Args:
        view: the class.
        feedback: address of a student's page with ``{student}`` in it, relative to this one; "" for no links.
        questions: student -> which of several files counts.
        alike: answers that look alike.
        called: (student, exercise, names) where an answer calls what it is to be written without.
    """
    return render(
        "class.html",
        title=f"{view.title}: the class",
        view=view,
        summary=_summary(view),
        attention=_attention(view),
        questions=questions or {},
        alike=[one for one in alike if not one.common],
        called=called,
        usual=[one for one in alike if one.common],
        chart=_chart(view),
        criteria=[one for one in view.criteria if 0 < one.met < 1],
        by_all=_everywhere(view, 1.0),
        by_nobody=_everywhere(view, 0.0),
        others=_others,
        slip_of=_slips(view),
        calls={one.exercise: EXERCISES.get(one.exercise).avoid for one in view.items},
        some=_some,
        unexplained=_unexplained(view),
        exercises=in_order({name for student in view.students for name in student.per_exercise}),
        links=_links(view, feedback),
    )


def _summary(view: ClassView) -> list[str]:
    scores = view.scores
    told = [f"{len(view.students)} submissions", f"{len(view.students) - len(scores)} wait for a person"]
    if view.missing:
        told.append(f"{len(view.missing)} without anything to grade")
    if late := sum(student.late for student in view.students):
        told.append(f"{late} late")
    if scores:
        told.append(f"median {statistics.median(scores):g} of {view.max_points:g} points")
    return told


def _attention(view: ClassView) -> list[tuple[str, str, str]]:
    rows = [(student.name, "wait", student.flag) for student in view.students if student.flag]
    waits = [student.name for student in view.students if student.score is None and not student.flag]
    rows += [(name, "wait", "something waits for a person") for name in waits]
    rows += [(name, "bad", why) for name, why in view.missing.items()]
    return rows + [(student.name, "soft", student.unusual) for student in view.students if student.unusual]


def _chart(view: ClassView) -> dict[str, Any]:
    """Return the distribution as bars with their numbers written on them."""
    wide, high = 60, 140
    most = max((count for *_, count in view.distribution), default=0) or 1
    bars = [
        {"x": place * wide + 10, "tall": high * count / most, "count": count, "label": f"{start:g}–{end:g}"}
        for place, (start, end, count) in enumerate(view.distribution)
    ]
    said = ", ".join(f"{start:g} to {end:g}: {count}" for start, end, count in view.distribution if count)
    return {"bars": bars, "total": wide * len(bars) + 12, "said": said}


def _slips(view: ClassView) -> dict[str, str]:
    """Return exercise -> its commonest misconception, with the number of those who have it."""
    found: dict[str, str] = {}
    for one in view.misconceptions:  # the commonest first
        found.setdefault(one.exercise, f"{one.name.replace('_', ' ')}, {len(one.students)}\u00a0×")
    return found


def _everywhere(view: ClassView, met: float) -> list[str]:
    """Return the criteria that everybody, or nobody, met: they tell nothing of anybody."""
    return [f"{label(one.exercise)} ({one.name})" for one in view.criteria if one.met == met]


def _others(one: CriterionView) -> str:
    return ", ".join(f"{count}\u00a0×\u00a0{word}" for word, count in one.outcomes.items() if word != "correct")


def _unexplained(view: ClassView) -> str:
    """Say how many wrong answers no known misconception explains, and how many gave none to look at."""
    return (
        f"{view.wrong} answers were wrong, and {view.recognised} of them show a known misconception; "
        f"{view.no_answer} times there was no answer to look at."
    )


def _links(view: ClassView, feedback: str) -> dict[str, str]:
    if not feedback:
        return {}
    names = [student.name for student in view.students]
    return {name: feedback.format(student=quote(name, safe="", errors="replace")) for name in names}


def _some(names: tuple[str, ...], most: int = 8) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
