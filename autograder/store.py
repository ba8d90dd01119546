"""Where records lie: one file for each graded submission, one small file for each student that says which one counts.

::

    records/KEY.json       what grading gave; its name is a digest of everything it depends on, its bytes are canonical
    students/NAME.json     which record counts for this student, and what became of the one before

Each file is written beside its place and renamed, so whatever kills the process, a file is whole or not there. A record
whose name is there is never computed again; one that is damaged (a power cut) or that failed for the grader's own
reasons does not count as there.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from autograder.record import Record
from srkit.errors import BadInput
from srkit.ops.atomic import locked, write_atomically

__all__ = ["Busy", "Entry", "Store"]


class Busy(RuntimeError):
    """Another run is writing the same records; the message says which process."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What counts for one student.

    Attributes:
        student: the name of the student's folder.
        record: key of the record that counts.
        submission: SHA-256 of what was handed in.
        exercises: exercise -> key of its result, which changes only when something it depends on does.
        flag: why somebody should look, or "".
        before: the record a failed grading took the place of, or "".
    """

    student: str
    record: str
    submission: str
    exercises: Mapping[str, str] = field(default_factory=dict)
    flag: str = ""
    before: str = ""


class Store:
    """The records of one assignment.

    Args:
        folder: where they lie; made when the first one is written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.records, self.students = folder / "records", folder / "students"

    @contextlib.contextmanager
    def writing(self, part: str = "all") -> Iterator[None]:
        """Hold the store for this process; the lock falls when the process ends, however it ends.

        Args:
            part: which part of the class; runs over different parts do not disturb each other.

        Raises:
            Busy: another process holds this part.
        """
        for place in (self.records, self.students):
            place.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as held:
            try:
                lock = locked(
                    self.folder / f".lock-{part}",
                    f"grading into {self.folder}",
                    advice="Wait for it or stop it; what it has finished is kept.",
                )
                held.enter_context(lock)
            except BadInput as error:
                raise Busy(str(error)) from None
            yield

    def put(self, record: Record) -> None:
        """Write a record under its key."""
        write_atomically(self.records / f"{record.key}.json", record.to_json())

    def get(self, key: str) -> Record | None:
        """Return the record with this key, or None where there is none or what is there is damaged."""
        try:
            return Record.from_json((self.records / f"{key}.json").read_bytes())
        except (FileNotFoundError, ValueError):
            return None

    def enter(self, entry: Entry) -> None:
        """Say which record counts for a student; nothing is written where that is already said."""
        if self.entry(entry.student) != entry:
            text = json.dumps(asdict(entry), sort_keys=True, ensure_ascii=False, indent=1)
            write_atomically(self.students / f"{entry.student}.json", f"{text}\n".encode())

    def entry(self, student: str) -> Entry | None:
        """Return what counts for a student, or None."""
        try:
            plain: dict[str, Any] = json.loads((self.students / f"{student}.json").read_bytes())
            return Entry(**plain)
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def current(self) -> dict[str, tuple[Entry, Record]]:
        """Return student -> (entry, record) for everybody who has one."""
        found = {}
        for path in sorted(self.students.glob("*.json")):
            entry = self.entry(path.stem)
            if entry is not None and entry.student == path.stem:  # else it is what a killed process left behind
                record = self.get(entry.record)
                if record is not None:
                    found[entry.student] = (entry, record)
        return found
