"""Scores and feedback to a platform over the network: what is sent, what is left as it is, and why.

Read are the files that grading wrote, so nothing is graded here. A score that somebody else gave stays; a comment that
is there already is not added again; who waits for a person gets no score.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from autograder.people import Person
from autograder.plain import one_line
from autograder.taken import load_taken, people_of
from srkit.errors import BadInput
from srkit.ops.atomic import atomic_path

__all__ = ["Account", "Held", "Platform", "Sent", "send"]

_SAME = 0.005  # two decimals are all that a platform keeps
Say = Callable[[str], None]


@dataclass(frozen=True)
class Account:
    """Somebody on the platform: its own key, and other names by which one may be known."""

    user: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Held:
    """What the platform holds for somebody: the score, if any, and the text of the comments."""

    score: float | None = None
    comments: str = ""


@dataclass(frozen=True, kw_only=True)
class Sent:
    """What is sent for one student.

    Attributes:
        student: the name in the course.
        user: the platform's key.
        score: None where it waits for a person.
        most: what could be earned.
        comment: "" where it is there already.
        page: the feedback.
    """

    student: str
    user: str
    score: float | None
    most: float
    comment: str = ""
    page: Path | None = None


class Platform(Protocol):
    """What a platform can do for one lesson."""

    title: str
    says_pending: bool  # whether it is told that a score waits for a person

    def possible(self) -> float | None:
        """Return the points it gives for the lesson, where it says them."""

    def people(self) -> list[Account]:
        """Return who is in the course."""

    def held(self) -> Mapping[str, Held]:
        """Return user -> what it holds."""

    def send(self, one: Sent) -> None:
        """Send one student's."""


def send(
    folder: Path, lesson: int, platform: Platform, say: Say, *, overwrite: bool = False, dry: bool = False
) -> bool:
    """Send a lesson's scores and feedback; return whether nothing is left to look at.

    Args:
        folder: of the course.
        lesson: its number.
        platform: where to.
        say: gets a line for each student.
        overwrite: also scores that somebody else gave there.
        dry: say what would be sent, and send nothing.

    Raises:
        BadInput: the lesson was not graded.
        NotSent: the platform did not take something. What it took before is remembered.
    """
    name = f"lesson_{lesson:02d}"
    path = folder / "report" / name / "class.json"
    if not path.is_file():
        raise BadInput(f"There are no scores of lesson {lesson} in {folder}; grade it first.")
    view = json.loads(path.read_text(encoding="utf-8"))
    people = people_of([one["name"] for one in view["students"]], load_taken(folder, name))
    accounts, held, possible = platform.people(), platform.held(), platform.possible()
    most = possible or view["max_points"]
    memory = folder / "sent" / f"{name}.json"
    before = json.loads(memory.read_text(encoding="utf-8")) if memory.is_file() else {}
    told = Counter[str]()
    for student in view["students"]:
        user = _account(people[student["name"]], accounts)
        score = None if student["score"] is None else round(student["score"] * most / (view["max_points"] or 1), 2)
        one = _outgoing(folder, name, student["name"], user or "", score, most)
        there = held.get(one.user, Held())
        kind, line = _decided(one, there, before.get(one.student), platform, overwrite)
        told[kind] += 1
        if kind == "sent":
            line = f"{'Would send' if dry else 'Sent'}: {line}"
            if not dry:
                platform.send(replace(one, comment="", page=None) if one.comment in there.comments else one)
                _remember(memory, before, one)
        if line:
            say(line)
    say(f"Lesson {lesson}: {', '.join(f'{count} {kind}' for kind, count in sorted(told.items()))}.")
    return not told["to look at"]


def _decided(one: Sent, there: Held, before: float | None, platform: Platform, overwrite: bool) -> tuple[str, str]:
    """Return what becomes of one student, and the line that says so."""
    who = one_line(one.student)
    if not one.user:
        return "to look at", f"LOOK: {who}: {platform.title} knows nobody of this name, or several people."
    if one.score is None and not platform.says_pending:
        return "waiting", f"{who}: waits for a person; nothing is sent"
    if not overwrite and _by_somebody(there.score, one.score, before):
        return "to look at", f"LOOK: {who}: {platform.title} has {there.score:g}, given by somebody else; it stays."
    if one.score is not None and _same(there.score, one.score) and one.comment in there.comments:
        return "there already", ""
    page = "" if one.page is None or one.comment in there.comments else ", with feedback"
    return "sent", f"{who}: {'waits for a person' if one.score is None else f'{one.score:g} of {one.most:g}'}{page}"


def _outgoing(folder: Path, name: str, student: str, user: str, score: float | None, most: float) -> Sent:
    pages = sorted((folder / "feedback" / student / name).glob("*.html"))
    data = pages[0].read_bytes() if pages else b""
    points = "" if score is None else f"{score:g} of {most:g} points, "
    comment = f"{points}feedback {hashlib.sha256(data).hexdigest()[:12]}"
    return Sent(student=student, user=user, score=score, most=most, comment=comment, page=pages[0] if pages else None)


def _account(person: Person, accounts: list[Account]) -> str | None:
    """Return the key of a person; None where there is none, or several people have that name."""
    if person.user and any(one.user == person.user for one in accounts):
        return person.user
    wanted = {text.casefold() for text in (person.student, person.name, person.user) if text}
    found = {one.user for one in accounts if wanted & {name.casefold() for name in one.names}}
    return found.pop() if len(found) == 1 else None


def _same(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and abs(one - other) < _SAME


def _by_somebody(there: float | None, score: float | None, sent: float | None) -> bool:
    """Tell whether the platform's score is neither ours nor the one that was sent before."""
    return there is not None and not _same(there, score) and not _same(there, sent)


def _remember(path: Path, known: dict[str, Any], one: Sent) -> None:
    if one.score is not None:
        known[one.student] = one.score
        path.parent.mkdir(exist_ok=True)
        with atomic_path(path) as temporary:
            temporary.write_text(json.dumps(known, indent=1) + "\n", encoding="utf-8")
