"""What a course remembers of how its hand-ins came in: whose they are, by the platform's keys, and which files count.

::

    intake/lesson_NN.json         student -> person, files, rivals, note
    intake/rivals/lesson_NN/…     the files that answer the same exercises otherwise, until a person has chosen
    intake/unused.json            files that are graded for no lesson, with the reason
    choices.csv                   student, lesson, file: what a person chose

The names, keys and prefixes in it are what exports and feedback find people by, so they are kept from intake to export.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.intake import Refused
from autograder.people import Person
from autograder.sorting import Choice
from srkit.errors import BadFile
from srkit.ops.atomic import atomic_path

__all__ = ["Taken", "load_choices", "load_taken", "load_unused", "people_of", "save_taken", "save_unused", "taken_of"]


@dataclass(frozen=True, kw_only=True)
class Taken:
    """One student's hand-in for one lesson.

    Attributes:
        person: who, as the platform writes it.
        files: the names of the files that count.
        rivals: name of a file that answers the same exercises otherwise -> where its copy is, from the course folder.
        note: what somebody should know about the choice of the files, or "".
    """

    person: Person
    files: tuple[str, ...]
    rivals: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


def taken_of(choice: Choice, folder: Path, assignment: str) -> Taken:
    """Return what is remembered of a choice, and keep its rivals; late is who handed in any of its files late."""
    people = [one.person for one in choice.used]
    times = [one.when for one in people if one.when is not None]
    person = replace(people[0], late=any(one.late for one in people), when=max(times, default=None))
    rivals = {}
    for number, one in enumerate(choice.rivals):
        place = Path("intake", "rivals", assignment, person.student, f"{number}.ipynb")
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        with atomic_path(folder / place) as temporary:
            temporary.write_bytes(one.read())
        rivals[one.name] = place.as_posix()
    return Taken(person=person, files=tuple(one.name for one in choice.used), rivals=rivals, note=choice.note)


def save_taken(folder: Path, assignment: str, taken: Mapping[str, Taken]) -> None:
    """Remember a class; students of earlier calls stay.

    Args:
        folder: of the course.
        assignment: the lesson's name in it.
        taken: student -> what was taken.
    """
    known = {**load_taken(folder, assignment), **taken}
    _write(folder / "intake" / f"{assignment}.json", {student: asdict(one) for student, one in sorted(known.items())})


def load_taken(folder: Path, assignment: str) -> dict[str, Taken]:
    """Return student -> what was taken, in all calls so far."""
    plain = _read(folder / "intake" / f"{assignment}.json", {})
    return {
        student: Taken(**{**one, "person": Person.from_dict(one["person"]), "files": tuple(one["files"])})
        for student, one in plain.items()
    }


def save_unused(folder: Path, unused: Sequence[Refused]) -> None:
    """Remember what the last intake did not use."""
    _write(folder / "intake" / "unused.json", [asdict(one) for one in unused])


def people_of(students: Iterable[str], intake: Mapping[str, Taken]) -> dict[str, Person]:
    """Return student -> who that is for the platform; whom nbgrader collected has the name of the account."""
    return {one: intake[one].person if one in intake else Person(student=one, name=one) for one in students}


def load_unused(folder: Path) -> tuple[Refused, ...]:
    """Return what the last intake did not use."""
    plain = _read(folder / "intake" / "unused.json", [])
    return tuple(
        Refused(name=one["name"], reason=one["reason"], person=one["person"] and Person.from_dict(one["person"]))
        for one in plain
    )


def load_choices(folder: Path) -> dict[tuple[str, int], str]:
    """Return (student, lesson) -> file for what a person wrote into ``choices.csv``.

    Raises:
        BadFile: the table is not what was asked for.
    """
    path = folder / "choices.csv"
    if not path.is_file():
        return {}
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return {(row["student"], int(row["lesson"])): row["file"] for row in csv.DictReader(file)}
    except (KeyError, ValueError, TypeError, csv.Error) as problem:
        raise BadFile(
            f"{path} cannot be read ({problem!r}); it is a CSV with the columns student, lesson, file, for example: "
            "anna,11,anna/week15/11_exercise_supervised_sr.ipynb"
        ) from None


def _write(path: Path, plain: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(plain, indent=1) + "\n", encoding="utf-8")


def _read(path: Path, empty: Any) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else empty
