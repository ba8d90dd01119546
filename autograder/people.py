"""Whose file this is: what a learning platform writes into the names of files and folders.

Known layouts::

    Canvas       adamsann_LATE_1234_56789_notebook-1.ipynb      (anon_Ab12C_56789_… where grading is anonymous)
    Moodle       Ann Adams_1234567_assignsubmission_file/notebook.ipynb   (or …_file_notebook.ipynb)
    Blackboard   Week 11_aadams_attempt_2026-11-30-10-20-30_notebook.ipynb
    Brightspace  1234-5678 - Ann Adams - Nov 30, 2026 1020 AM/notebook.ipynb
    folders      anything/notebook.ipynb

The number in such a name is the key, the name beside it is decoration; both are kept as fields of their own.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

__all__ = ["Person", "person_of", "same_when_written_otherwise"]

_MOODLE = re.compile(r"^(?P<name>.+?)_(?P<user>\d+)_assignsubmission_(?:file|onlinetext)(?P<end>_?)(?P<file>.*)$")
_ATTEMPT = re.compile(
    r"^(?P<task>.*?)_?(?P<user>[^_]+)_attempt_(?P<when>\d{4}(?:-\d\d){5})(?:_(?P<file>.+)|\.txt)$", re.DOTALL
)
_BRIGHTSPACE = re.compile(
    r"^(?P<user>\d+)-(?P<upload>\d+) - (?P<name>.+) - (?P<when>[A-Z][a-z]{2} \d{1,2}, \d{4} \d{3,4} [AP]M)$"
)
_ANONYMOUS = re.compile(r"^(?P<late>LATE_)?anon_(?P<user>[A-Za-z0-9]{5})_(?P<upload>\d+)_(?P<file>.+)$")


@dataclass(frozen=True, kw_only=True)
class Person:
    """A student as the platform names the hand-in.

    Attributes:
        student: the name in the course, one folder's.
        platform: ``"canvas"``, ``"moodle"``, ``"blackboard"``, ``"brightspace"``, or ``"folder"``.
        user: the platform's key: Canvas's user number, Moodle's participant number, Blackboard's user name.
        name: as the platform writes it.
        prefix: with this a feedback file's name begins where the platform takes it back; "" where it takes none.
        late: whether the platform says that it came late.
        when: seconds since 1970, where the platform tells when it was handed in.
    """

    student: str
    platform: str = "folder"
    user: str = ""
    name: str = ""
    prefix: str = ""
    late: bool = False
    when: float | None = None

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Person:
        """Undo ``dataclasses.asdict``."""
        return cls(**plain)


def person_of(parts: Sequence[str]) -> Person:
    """Return whose file this is.

    Args:
        parts: of the path within the export, without a folder that only wraps the whole class.
    """
    zipped = [parts[0]] if len(parts) > 1 and parts[0].lower().endswith(".zip") else []
    for part in [parts[0], *(parts[1:2] if zipped else [])]:  # the platform's own part is the outermost one
        for read in (_moodle, _blackboard, _brightspace, _canvas):
            if found := read(part):
                return found
    folders = [part for part in parts[:-1] if not part.lower().endswith(".zip")]
    if folders:
        return Person(student=folders[0], name=folders[0])
    alone = (zipped or [parts[-1]])[0]
    stem = alone.rpartition(".")[0] or alone
    return Person(student=stem, name=stem)


def same_when_written_otherwise(student: str) -> str:
    """Return the name without capitals and without the ways in which one letter can be encoded."""
    return unicodedata.normalize("NFKC", student).casefold()


def _moodle(part: str) -> Person | None:
    found = _MOODLE.match(part)
    if found is None:
        return None
    flat = bool(found["end"] and found["file"])
    prefix = part.removesuffix(found["file"]) if flat else f"{part}/"
    return Person(
        student=f"{found['name']}_{found['user']}",
        platform="moodle",
        user=found["user"],
        name=found["name"],
        prefix=prefix,
    )


def _canvas(part: str) -> Person | None:
    """Read a name as Canvas itself does: the first two purely numeric parts are the user and the attachment."""
    if anonymous := _ANONYMOUS.match(part):
        user, late = anonymous["user"], bool(anonymous["late"])
        prefix = part.removesuffix(anonymous["file"])
        return Person(student=f"anon_{user}", platform="canvas", user="", name=f"anon_{user}", prefix=prefix, late=late)
    words = part.split("_")
    numbers = [place for place, word in enumerate(words) if word.isdecimal() and word.isascii()]
    if numbers[:3] == [0, 1, 2]:  # a name of digits only
        numbers = numbers[1:]
    texts = words[-1].lower() in ("text.html", "link.html")
    if not numbers or numbers[0] == 0 or not (texts or numbers[1:2] == [numbers[0] + 1]):
        return None
    place, last = numbers[0], numbers[0] + (not texts)
    late = words[place - 1] == "LATE" and place > 1
    name = "_".join(words[: place - late])
    if last + 1 >= len(words):
        return None
    prefix = "" if texts else "_".join(words[: last + 1]) + "_"
    student = f"{name}_{words[place]}"
    return Person(student=student, platform="canvas", user=words[place], name=name, prefix=prefix, late=late)


def _blackboard(part: str) -> Person | None:
    found = _ATTEMPT.match(part)
    if found is None:
        return None
    when = _moment(found["when"], "%Y-%m-%d-%H-%M-%S")
    user = found["user"]
    return Person(student=user, platform="blackboard", user=user, name=user, when=when)


def _brightspace(part: str) -> Person | None:
    found = _BRIGHTSPACE.match(part)
    if found is None:
        return None
    day, _, clock = found["when"].rpartition(" ")[0].rpartition(" ")
    when = _moment(f"{day} {clock.zfill(4)} {found['when'][-2:]}", "%b %d, %Y %I%M %p")
    student = f"{found['name']}_{found['user']}"
    return Person(
        student=student, platform="brightspace", user=found["user"], name=found["name"], prefix=f"{part}/", when=when
    )


def _moment(text: str, form: str) -> float | None:
    try:
        return datetime.strptime(text, form).timestamp()  # the platform's clock is taken for this machine's
    except (ValueError, OverflowError):
        return None
