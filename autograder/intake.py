"""Take in what a learning platform exports: a zip or a folder of hand-ins, good, bad and malicious.

Nothing is ever unpacked to disk, and no more than one notebook is in memory at a time: what is found is a list of
hand-ins that can be read when their turn comes. What is not taken is listed with the reason. Every limit holds for one
file or for one student's files, so that nothing a student hands in changes what is taken from another.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.archives import DAMAGE, Found, in_folder, in_zip, too_large, unwanted
from autograder.notebooks import LARGEST
from autograder.people import Person, person_of

__all__ = ["HandIn", "Intake", "Refused", "read_submissions"]

MOST_FILES = 200  # of one student
MOST_BYTES = 8 * LARGEST  # of one student
_PIECE = 1 << 20


@dataclass(frozen=True, kw_only=True)
class HandIn:
    """One notebook as it was handed in.

    Attributes:
        person: who, as the platform writes it.
        name: the path it came under.
        read: gives its bytes.
        digest: SHA-256 of them.
    """

    person: Person
    name: str
    read: Callable[[], bytes]
    digest: str = ""

    @property
    def student(self) -> str:
        """The student's name in the course."""
        return self.person.student


@dataclass(frozen=True, kw_only=True)
class Refused:
    """Something that was not taken, and why.

    Attributes:
        name: the path it came under.
        reason: one sentence.
        person: whose it is.
    """

    name: str
    reason: str
    person: Person | None = None


@dataclass(frozen=True)
class Intake:
    """What was found.

    Attributes:
        hand_ins: every notebook that can be read, sorted by student and name.
        refused: all else that is not the platform's own clutter.
    """

    hand_ins: tuple[HandIn, ...]
    refused: tuple[Refused, ...]


def read_submissions(path: Path, course: Path | None = None) -> Intake:
    """Look through a zip, or a folder of hand-ins.

    Args:
        path: of either.
        course: what is made of it; where it lies in the folder, nothing in it was handed in.

    Raises:
        OSError: the path cannot be read.
        ValueError: it is neither a zip nor a folder.
    """
    found = list(in_folder(path, course) if path.is_dir() else in_zip(path))
    wrappers = _wrappers(found, "" if path.is_dir() else path.stem)
    hand_ins, refused = [], []
    files: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for one in found:
        person = person_of(one.parts[one.parts[0] in wrappers :])
        taken = _taken(one, person, files, sizes)
        (hand_ins if isinstance(taken, HandIn) else refused).append(taken)  # type: ignore[arg-type]
    hand_ins = _newest_attempts(hand_ins, refused)
    return Intake(tuple(sorted(hand_ins, key=lambda one: (one.student, one.name))), tuple(refused))


def _wrappers(found: Sequence[Found], stem: str) -> set[str]:
    """Return the outer folders that are nobody's: each holds what a platform made, or the class and the zip's own name.

    Args:
        found: the files.
        stem: name of the archive without its ending; "" for a folder.
    """
    inside: dict[str, list[Person]] = {}
    for one in found:
        if person_of(one.parts).platform == "folder":
            inside.setdefault(one.parts[0], []).append(person_of(one.parts[1:] or one.parts))
    wrappers = set()
    for top, people in inside.items():
        made = all(one.platform != "folder" for one in people)
        sure = len({one.student for one in people}) > 1 or all(one.platform != "canvas" for one in people)
        if (made and sure) or ({top} == {one.parts[0] for one in found} == {stem}):
            wrappers.add(top)
    return wrappers


def _newest_attempts(hand_ins: Sequence[HandIn], refused: list[Refused]) -> list[HandIn]:
    """Leave the files of each student's last attempt, where the platform puts several into one archive."""
    last: dict[str, float] = {}
    for one in hand_ins:
        if one.person.platform == "blackboard":
            last[one.student] = max(last.get(one.student, 0.0), one.person.when or 0.0)
    kept = []
    for one in hand_ins:
        if one.student in last and (one.person.when or 0.0) < last[one.student]:
            reason = "an earlier attempt, by the platform's own times; the last attempt counts"
            refused.append(Refused(name=one.name, reason=reason, person=one.person))
        else:
            kept.append(one)
    return kept


def _taken(one: Found, person: Person, files: Counter[str], sizes: Counter[str]) -> HandIn | Refused:
    """Look into a file; read it once to its end, piece by piece, so that what is damaged is known now."""
    reason = one.reason or unwanted(one.name)
    if not reason:
        files[person.student] += 1
        sizes[person.student] += one.size
        if files[person.student] > MOST_FILES:
            reason = f"more than {MOST_FILES} notebooks of one student; hand in those that are to be graded"
        elif sizes[person.student] > MOST_BYTES:
            reason = f"the notebooks of this student have more than {MOST_BYTES >> 20} MB together. Clear their outputs"
    if not reason:
        digest = hashlib.sha256()
        size = 0
        try:
            with one.open() as file:
                while size <= LARGEST and (piece := file.read(_PIECE)):
                    digest.update(piece)
                    size += len(piece)
        except DAMAGE as problem:
            reason = f"damaged: {problem}"
        else:
            reason = too_large() if size > LARGEST else ""
    if reason:
        return Refused(name=one.name, reason=reason, person=person)
    return HandIn(person=person, name=one.name, read=lambda: _whole(one), digest=digest.hexdigest())


def _whole(one: Found) -> bytes:
    with one.open() as file:
        return file.read(LARGEST + 1)
