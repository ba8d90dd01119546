"""The instructor's page of a class: one static file, drawn from the plain data of :mod:`autograder.classview`."""

from __future__ import annotations

import statistics
from urllib.parse import quote

from autograder.classview import ClassView, StudentView
from autograder.page import escape, in_order, page, share_bar, status
from srkit.exercises import EXERCISES

__all__ = ["class_page"]


def class_page(view: ClassView, feedback: str = "") -> str:
    """Return the page.

    Args:
        view: the class.
        feedback: address of a student's page with ``{student}`` in it, relative to this one; "" for no links.
    """
    parts = [
        f"<header><h1>{escape(view.title)}: the class</h1>{_summary(view)}</header>",
        _attention(view),
        f"<h2>Scores</h2>{_chart(view)}",
        f"<h2>Hardest criteria</h2>{_criteria(view)}",
        f"<h2>Commonest misconceptions</h2>{_misconceptions(view)}",
        f"<h2>Students</h2>{_students(view, feedback)}",
    ]
    return page(f"{view.title}: the class", "\n".join(parts))


def _summary(view: ClassView) -> str:
    scores = view.scores
    told = [f"{len(view.students)} submissions", f"{len(view.students) - len(scores)} wait for a person"]
    if view.missing:
        told.append(f"{len(view.missing)} without anything to grade")
    if scores:
        told.append(f"median {statistics.median(scores):g} of {view.max_points:g} points")
    return f"<p>{' · '.join(told)}</p>"


def _attention(view: ClassView) -> str:
    rows = [(student.name, "wait", student.flag) for student in view.students if student.flag]
    rows += [(student.name, "wait", "something waits for a person") for student in view.students if _waits(student)]
    rows += [(name, "bad", why) for name, why in view.missing.items()]
    rows += [(student.name, "soft", student.unusual) for student in view.students if student.unusual]
    if not rows:
        return "<h2>Look at these</h2><p>Nothing waits for a person, and nobody stands out.</p>"
    lines = "".join(
        f'<tr><td>{escape(name)}</td><td class="{kind}">{escape(why)}</td></tr>' for name, kind, why in rows
    )
    return f"<h2>Look at these</h2><table><tr><th>student</th><th>why</th></tr>{lines}</table>"


def _waits(student: StudentView) -> bool:
    return student.score is None and not student.flag


def _chart(view: ClassView) -> str:
    """Return the distribution as bars with their numbers written on them."""
    if not view.distribution:
        return "<p>No scores yet.</p>"
    wide, high, base = 60, 140, 165
    most = max(count for *_, count in view.distribution) or 1
    bars = []
    for i, (start, end, count) in enumerate(view.distribution):
        tall, x = high * count / most, i * wide + 10
        bars.append(f'<rect x="{x}" y="{base - tall:.1f}" width="{wide - 8}" height="{tall:.1f}" rx="2"/>')
        if count:
            bars.append(f'<text x="{x + (wide - 8) / 2}" y="{base - tall - 5:.1f}" text-anchor="middle">{count}</text>')
        label = f"{start:g}–{end:g}"
        bars.append(f'<text x="{x + (wide - 8) / 2}" y="{base + 17}" text-anchor="middle">{label}</text>')
    total = wide * len(view.distribution) + 12
    said = ", ".join(f"{start:g} to {end:g}: {count}" for start, end, count in view.distribution if count)
    return (
        f'<svg class="chart" viewBox="0 0 {total} 190" role="img" aria-label="Students per score. {said or "none"}">'
        f'<line x1="6" x2="{total - 6}" y1="{base}" y2="{base}"/>{"".join(bars)}</svg>'
        '<p class="soft">Points, and how many students have them.</p>'
    )


def _criteria(view: ClassView) -> str:
    rows = []
    for one in view.criteria:
        hidden = ' <span class="soft">(tested after submission)</span>' if one.hidden else ""
        odd = one.telling is not None and one.telling < -0.1
        telling = "–" if one.telling is None else f"{one.telling:+.2f}"
        others = ", ".join(f"{count}\u00a0×\u00a0{word}" for word, count in one.outcomes.items() if word != "correct")
        note = '<p class="bad">Better students miss this one: look at the criterion.</p>' if odd else ""
        rows.append(
            f'<tr><td class="name">{_number(one.exercise)}</td><td>{escape(one.text)}{hidden}'
            f'<p class="soft">{escape(others)}</p>{note}</td><td>{share_bar(one.met)}</td>'
            f'<td class="number">{one.met:.0%}</td><td class="number">{telling}</td></tr>'
        )
    head = "<tr><th>exercise</th><th>what was asked</th><th colspan='2'>met by</th><th class='number'>telling</th></tr>"
    note = (
        '<p class="soft">Telling: the correlation between meeting the criterion and the score on everything else.</p>'
    )
    return f'<div class="scroll"><table>{head}{"".join(rows)}</table></div>{note}' if rows else "<p>None.</p>"


def _misconceptions(view: ClassView) -> str:
    if not view.misconceptions:
        return "<p>None was recognised.</p>"
    rows = "".join(
        f'<tr><td class="name">{_number(one.exercise)}</td><td><b>{escape(one.name.replace("_", " "))}</b>'
        f'<p class="soft">{escape(one.message)}</p></td><td class="number">{len(one.students)}</td>'
        f"<td>{escape(_some(one.students))}</td></tr>"
        for one in view.misconceptions
    )
    head = "<tr><th>exercise</th><th>misconception</th><th class='number'>students</th><th>who</th></tr>"
    return f'<div class="scroll"><table>{head}{rows}</table></div>'


def _students(view: ClassView, feedback: str) -> str:
    exercises = in_order({name for student in view.students for name in student.per_exercise})
    head = "".join(f"<th class='number'>{_number(name).replace(' ', '<br>')}</th>" for name in exercises)
    rows = []
    for student in view.students:
        cells = "".join(f'<td class="number">{_points(student.per_exercise.get(name))}</td>' for name in exercises)
        name = escape(student.name)
        link = (
            f'<a href="{escape(feedback.format(student=quote(student.name, safe="", errors="replace")))}">{name}</a>'
            if feedback
            else name
        )
        score = status("infrastructure") if student.score is None else f"<b>{student.score:g}</b>"
        rows.append(f'<tr><td class="name">{link}</td><td class="number">{score}</td>{cells}</tr>')
    head = f"<tr><th>student</th><th class='number'>score</th>{head}</tr>"
    return f'<div class="scroll"><table>{head}{"".join(rows)}</table></div>'


def _points(points: float | None) -> str:
    return "?" if points is None else f"{points:g}"


def _number(exercise: str) -> str:
    found = EXERCISES.get(exercise)
    return escape(f"{found.number} {found.answer}")


def _some(names: tuple[str, ...], most: int = 8) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
