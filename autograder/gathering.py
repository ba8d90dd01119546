"""Gather a class: take in what a platform exports, sort it to its lessons, put it into the course."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from autograder.archives import JUNK
from autograder.course import Course, Submission
from autograder.enrolment import Enrolment
from autograder.intake import HandIn, Intake, Refused, read_submissions
from autograder.people import Person, same_when_written_otherwise
from autograder.plain import one_line
from autograder.reader import Reader
from autograder.sorting import Choice, Sorted, lesson_of, sort_files
from autograder.taken import Taken, load_choices, load_unused, save_taken, taken_of

__all__ = ["NOT_HANDED_IN", "Collected", "Gathered", "collected", "gather", "unfit", "without_notebook"]

LONGEST_NAME = 120  # nbgrader's column holds 128
NOTHING = "handed nothing in"
NOT_HANDED_IN = "not handed in"  # by somebody who is known otherwise
Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """A class as it came in.

    Attributes:
        lessons: lesson -> student -> what is graded.
        unused: files that are graded for no lesson, with the reason.
        nothing: student -> why there is nothing to grade at all.
        asks: student -> a question about the person.
        empty_handed: those of ``nothing`` who handed in something, so that a roster does not call them missing.
    """

    lessons: Mapping[int, Mapping[str, Choice]] = field(default_factory=dict)
    unused: tuple[Refused, ...] = ()
    nothing: Mapping[str, str] = field(default_factory=dict)
    asks: Mapping[str, str] = field(default_factory=dict)
    empty_handed: Mapping[str, Person] = field(default_factory=dict)

    def hand_in(self, course: Course, lesson: int) -> None:
        """Put one lesson's hand-ins into the course, and remember whose they are."""
        choices = self.lessons.get(lesson, {})
        taken = {student: taken_of(choice, course.folder, course.assignment) for student, choice in choices.items()}
        course.hand_in(
            Submission(student=student, read=choice.read, when=taken[student].person.when)
            for student, choice in choices.items()
        )
        if taken:
            save_taken(course.folder, course.assignment, taken)

    def sources(self, lesson: int) -> Mapping[str, Path | bytes]:
        """Return student -> notebook, all in memory: for a part of a class, which has no course to lie in."""
        return {student: choice.read() for student, choice in self.lessons.get(lesson, {}).items()}

    def missing(self, lesson: int, alone: bool) -> dict[str, str]:
        """Return student -> why there is nothing to grade for a lesson.

        Args:
            lesson: its number.
            alone: whether no other lesson is graded, so that nobody else says who is missing.
        """
        others = {student for choices in self.lessons.values() for student in choices}
        missing = dict.fromkeys(others - set(self.lessons.get(lesson, {})), NOT_HANDED_IN)
        return {**missing, **self.nothing} if alone else missing


def gather(
    inbox: Path | None, folder: Path, lesson: Path | None, say: Say, enrolment: Enrolment | None = None
) -> Gathered:
    """Take a class in and sort it; nothing is written but what is not used.

    Args:
        inbox: a class folder or an archive; None where nothing came in.
        folder: of the course.
        lesson: the source of the only lesson that is graded; None for all.
        say: gets a line for each file that is not used, and for each question.
        enrolment: knows people under the names that all lessons share.

    Raises:
        ValueError: the inbox is no class: it is the course, or neither a zip nor a folder.
    """
    if inbox is None:
        return Gathered(unused=load_unused(folder))
    if inbox.resolve() == folder.resolve():
        raise ValueError(f"{inbox} is the course itself. To grade what nbgrader has collected there, give no CLASS.")
    intake = read_submissions(inbox, folder.resolve())
    if enrolment is not None:
        named = (replace(one, person=enrolment.named(one.person)) for one in intake.hand_ins)
        refused = (replace(one, person=one.person and enrolment.named(one.person)) for one in intake.refused)
        intake = Intake(tuple(named), tuple(refused))
    fit = [one for one in intake.hand_ins if not unfit(one.student)]
    only = None if lesson is None else int(lesson.stem[:2])
    with Reader(list(lesson_of())) as reader:
        found = sort_files(fit, reader, only, load_choices(folder))
    unused = (*intake.refused, *found.unused)
    nothing = _nothing(inbox, folder.resolve(), intake, found)
    asks = _spellings([*{one.student for one in fit}])
    for refused in unused:
        say(f"Not used: {one_line(refused.name)}: {one_line(refused.reason)}")
    for student, question in asks.items():
        say(f"{student}: {question}")
    everybody = (one.person for one in (*intake.hand_ins, *intake.refused))
    empty = {person.student: person for person in everybody if person and person.student in nothing}
    return Gathered(lessons=found.lessons, unused=unused, nothing=nothing, asks=asks, empty_handed=empty)


def _nothing(inbox: Path, course: Path, intake: Intake, found: Sorted) -> dict[str, str]:
    """Return student -> why there is nothing to grade."""
    strange = {one.student: why for one in intake.hand_ins if (why := unfit(one.student))}
    empty = without_notebook(inbox, intake, course)
    return {**empty, **strange, **found.nothing}


def _spellings(students: list[str]) -> dict[str, str]:
    """Return a question for each name that another one differs from by capitals or the coding of letters only."""
    same: dict[str, list[str]] = {}
    for student in sorted(students):
        same.setdefault(same_when_written_otherwise(student), []).append(student)
    return {
        one: f"Is this the same person as {' and '.join(other for other in group if other != one)}? If so, put the "
        "files under one name."
        for group in same.values()
        if len(group) > 1
        for one in group
    }


def unfit(student: str) -> str:
    """Return why a name from a platform cannot be used in a course, or "". One bad name must not stop a class."""
    if len(student) > LONGEST_NAME:
        return f"a name of {len(student)} characters; the grade book takes {LONGEST_NAME}"
    if student[:1] in ("", ".") or not student.isprintable() or "/" in student or "\\" in student:
        return "a name that cannot be a folder's: rename it"
    return ""


def without_notebook(inbox: Path, intake: Intake, course: Path | None = None) -> dict[str, str]:
    """Return student -> reason for everybody of whom no notebook was taken; the folder the course lies in is nobody."""
    taken = {hand_in.student for hand_in in intake.hand_ins}
    outer = {hand_in.name.partition("/")[0] for hand_in in intake.hand_ins}
    folders = {path for path in inbox.iterdir() if path.is_dir()} if inbox.is_dir() else set[Path]()
    ours = {path.name for path in folders if course is not None and course.is_relative_to(path.resolve())}
    people = {path.name for path in folders} - ours - JUNK
    known = {one.person.student: one.reason for one in intake.refused if one.person and _personal(one)}
    return {name: known.get(name, NOTHING) for name in sorted((people - outer) | set(known)) if name not in taken}


def _personal(refused: Refused) -> bool:
    """Tell whether a refused file says whose it is: it lies in a folder, or the platform has named it."""
    return "/" in refused.name or (refused.person is not None and refused.person.platform != "folder")


@dataclass(frozen=True, kw_only=True)
class Collected:
    """One lesson as it lies in the course.

    Attributes:
        sources: student -> the notebook to grade, or its file.
        names: student -> name of the file that is graded.
        rivals: student -> name of a file that answers the same exercises otherwise -> where it is.
        nothing: student -> why there is nothing to grade in what was collected.
    """

    sources: Mapping[str, Path | bytes]
    names: Mapping[str, str]
    rivals: Mapping[str, Mapping[str, Path]]
    nothing: Mapping[str, str]


def collected(course: Course, lesson: int, intake: Mapping[str, Taken]) -> Collected:
    """Look through what nbgrader has collected; several files of one student are sorted as everywhere.

    Args:
        course: the lesson's course.
        lesson: its number.
        intake: what came in otherwise than by nbgrader, and was sorted then.
    """
    sources: dict[str, Path | bytes] = {}
    names: dict[str, str] = {}
    rivals: dict[str, dict[str, Path]] = {}
    nothing: dict[str, str] = {}
    with Reader(list(lesson_of())) as reader:
        for student, paths in course.collected().items():
            known, place = intake.get(student), course.place("submitted", student)
            if known is not None or len(paths) == 1:
                sources[student] = _named(paths, course)
                names[student] = " + ".join(known.files) if known else paths[0].name
                others = known.rivals if known else {}
                rivals[student] = {name: course.folder / where for name, where in others.items()}
                continue
            found = sort_files(_as_hand_ins(student, paths, place), reader, lesson)
            choice = found.lessons.get(lesson, {}).get(student)
            if choice is None:
                nothing[student] = found.nothing[student]
                continue
            names[student] = " + ".join(one.name for one in choice.used)
            sources[student] = choice.data or place / choice.used[0].name
            rivals[student] = {one.name: place / one.name for one in choice.rivals}
    rivals = {student: found for student, found in rivals.items() if found}
    return Collected(sources=sources, names=names, rivals=rivals, nothing=nothing)


def _named(paths: list[Path], course: Course) -> Path:
    return next((path for path in paths if path.stem == course.lesson.stem), paths[0])


def _as_hand_ins(student: str, paths: list[Path], place: Path) -> Iterator[HandIn]:
    for path in paths:
        name = path.relative_to(place).as_posix()
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        yield HandIn(person=Person(student=student), name=name, read=path.read_bytes, digest=digest)
