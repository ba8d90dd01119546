"""Who is in the class, by the rosters that were given, and the way back: each roster filled in."""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from autograder.classview import ClassView
from autograder.people import Person
from autograder.roster import Roster, read_roster
from srkit.errors import BadInput
from srkit.ops.atomic import atomic_path

__all__ = ["Enrolment", "read_rosters"]


@dataclass(frozen=True)
class Enrolment:
    """The rosters of a class.

    Attributes:
        rosters: (lesson or None for all, roster).
        titles: lesson -> header of its column, where it was told.
    """

    rosters: tuple[tuple[int | None, Roster], ...] = ()
    titles: Mapping[int, str] = field(default_factory=dict)

    def of(self, lesson: int) -> list[Roster]:
        """Return the rosters that know a lesson."""
        return [roster for number, roster in self.rosters if number in (None, lesson)]

    def named(self, person: Person) -> Person:
        """Return the person under the name used in all lessons.

        Moodle's participant number is another one in each assignment; where a worksheet tells the e-mail, that is the
        name.
        """
        for _, roster in self.rosters:
            if roster.kind == person.platform == "moodle":
                row = roster.row_of(person)
                email = "" if row is None else roster.email_of(row)
                if email:
                    return replace(person, student=email)
        return person

    def check(self, lessons: Collection[int]) -> None:
        """Find every lesson's column, before anything is graded.

        Raises:
            BadInput: a roster has none, or several may be meant.
        """
        for number, roster in self.rosters:
            if roster.kind == "moodle" and number is None and len(lessons) > 1:
                raise BadInput(
                    f"{roster.path.name} is the worksheet of one assignment, and {len(lessons)} lessons are graded. "
                    f"Say of which it is: --roster {min(lessons)}={roster.path.name}."
                )
            for lesson in lessons if number is None else {number} & set(lessons):
                roster.column_of(lesson, len(lessons) == 1, self.titles.get(lesson, ""))

    def missing(self, lesson: int, people: Mapping[str, Person]) -> list[str]:
        """Return who is on a roster and handed in nothing for a lesson."""
        missing = []
        for roster in self.of(lesson):
            there = {roster.row_of(person) for person in people.values()}
            missing += [roster.name_of(row) for row in roster.people if row not in there]
        return missing

    def unknown(self, lesson: int, people: Mapping[str, Person]) -> list[str]:
        """Return the students whom no roster knows; their scores reach nobody by an export."""
        rosters = self.of(lesson)
        known = {s for s, person in people.items() for roster in rosters if roster.row_of(person) is not None}
        return sorted(set(people) - known) if rosters else []

    def write(
        self, folder: Path, views: Mapping[int, ClassView], people: Mapping[int, Mapping[str, Person]]
    ) -> list[str]:
        """Write each roster filled in, under its own name; return what is to be said of it.

        Args:
            folder: where they go.
            views: lesson -> the class.
            people: lesson -> student -> who that is for the platform.
        """
        told: list[str] = []
        for number, roster in self.rosters:
            lessons = [lesson for lesson in views if number in (None, lesson)]
            columns: dict[int, dict[int, float]] = {}
            headers: dict[int, str] = {}
            for lesson in lessons:
                column = roster.column_of(lesson, len(views) == 1, self.titles.get(lesson, ""))
                while column in columns:  # several lessons that a table of one's own has no column for yet
                    column += 1
                headers[column] = views[lesson].title
                columns[column], note = _scores(roster, column, views[lesson], people[lesson])
                told += note
            path = folder / roster.path.name
            with atomic_path(path) as temporary:
                temporary.write_bytes(roster.filled(columns, headers))
            told.append(f"For import:  {path}")
            if roster.kind == "moodle" and lessons:
                told += _gradebook(folder / f"gradebook_{roster.path.stem}.csv", roster, columns, headers)
        return told


def read_rosters(words: Sequence[str], titles: Sequence[str]) -> Enrolment:
    """Read what ``--roster`` and ``--column`` say.

    Args:
        words: ``FILE``, or ``LESSON=FILE`` for the worksheet of one assignment.
        titles: ``LESSON=TITLE``.

    Raises:
        BadInput: a word or a file is not what is asked for.
    """
    rosters = []
    for word in words:
        number, equals, name = word.partition("=")
        lesson = int(number) if equals and number.isdecimal() else None
        path = Path(name if lesson is not None else word)
        if not path.is_file():
            raise BadInput(f"There is no roster {path}. Give the file that Canvas or Moodle exported, or a CSV.")
        rosters.append((lesson, read_roster(path)))
    names = [roster.path.name for _, roster in rosters]
    if len(set(names)) < len(names):
        raise BadInput(f"Two rosters have one name ({', '.join(sorted(names))}), and so would what is made of them.")
    told = {}
    for word in titles:
        number, equals, title = word.partition("=")
        if not (equals and number.isdecimal()):
            raise BadInput(f"--column {word!r} says no lesson; write --column '11=Title of the column'.")
        told[int(number)] = title
    return Enrolment(tuple(rosters), told)


def _scores(
    roster: Roster, column: int, view: ClassView, people: Mapping[str, Person]
) -> tuple[dict[int, float], list[str]]:
    """Return row -> score for everybody who has one and a row, and what is to be said."""
    possible = roster.possible(column)
    factor = possible / view.max_points if possible and view.max_points else 1.0
    scores, told = {}, []
    for student in view.students:
        row = roster.row_of(people[student.name])
        if row is not None and student.score is not None and not roster.excused(row, column):
            scores[row] = student.score * factor
    if factor != 1.0:
        told.append(
            f"{view.title}: {roster.path.name} gives {possible:g} points where the lesson has {view.max_points:g}; "
            "the scores are scaled."
        )
    return scores, told


def _gradebook(
    path: Path, roster: Roster, columns: Mapping[int, Mapping[int, float]], headers: Mapping[int, str]
) -> list[str]:
    """Write what Moodle's gradebook import takes: e-mails that the roster knows, and a number in every cell."""
    scores = {row: score for found in columns.values() for row, score in found.items()}
    rows = [[email, f"{score:.2f}"] for row, score in sorted(scores.items()) if (email := roster.email_of(row))]
    if not rows:
        return []
    with atomic_path(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["email", *headers.values()], *rows])
    return [f"For Moodle's gradebook: {path}"]
