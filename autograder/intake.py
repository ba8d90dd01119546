"""Take in what a learning platform exports: a zip or a folder of hand-ins, good, bad and malicious.

Nothing is ever unpacked to disk; notebooks are read into memory one by one, each up to a size. What is not taken is
listed with the reason. Known layouts::

    Moodle   Name Surname_1234567_assignsubmission_file/notebook.ipynb      (or _assignsubmission_file_notebook.ipynb)
    Canvas   namesurname_LATE_1234_56789_notebook-1.ipynb
    folders  student/anything.ipynb
"""

from __future__ import annotations

import io
import lzma
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from autograder.notebooks import LARGEST

__all__ = ["HandIn", "Intake", "Refused", "read_submissions"]

MOST_FILES = 20_000
MOST_BYTES = 2 << 30
DENSEST = 200  # a notebook with pictures is packed to a third, one of zeros to a thousandth
DEEPEST = 1  # zips within the zip: what some platforms make of several files of one student
_CANVAS = re.compile(r"^(?P<student>[^_/]+)_(?:LATE_)?(?P<user>\d+)_(?P<upload>\d+)_(?P<name>.+)$")
_MOODLE = re.compile(r"^(?P<student>.+?)_(?P<user>\d+)_assignsubmission_(?:file|onlinetext)_?(?P<name>.*)$")
_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError),
    *(NotImplementedError, RuntimeError, OSError, ValueError),
)
_JUNK = {"__MACOSX", ".ipynb_checkpoints", ".git", "__pycache__", ".DS_Store", "Thumbs.db"}


@dataclass(frozen=True, kw_only=True)
class HandIn:
    """One notebook as it was handed in.

    Attributes:
        student: who, as the platform writes the name.
        name: the path it came under.
        data: its bytes.
        when: seconds since 1970, as far as the platform tells.
    """

    student: str
    name: str
    data: bytes
    when: float


@dataclass(frozen=True, kw_only=True)
class Refused:
    """Something that was not taken, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Intake:
    """What was found.

    Attributes:
        hand_ins: one for each student, the newest, sorted by student.
        refused: all else that is not the platform's own clutter.
    """

    hand_ins: tuple[HandIn, ...]
    refused: tuple[Refused, ...]


def read_submissions(path: Path) -> Intake:
    """Read a zip, or a folder of hand-ins.

    Raises:
        OSError: the path cannot be read.
        ValueError: it is neither a zip nor a folder.
    """
    found = list(_folder(path) if path.is_dir() else _archive(path.read_bytes(), "", 0))
    newest: dict[str, HandIn] = {}
    refused = [item for item in found if isinstance(item, Refused)]
    for item in (item for item in found if isinstance(item, HandIn)):
        older, newer = sorted([newest.get(item.student, item), item], key=_age)
        newest[item.student] = newer
        if older is not newer:
            refused.append(Refused(name=older.name, reason=f"{item.student} handed in again; the newest counts"))
    return Intake(tuple(newest[name] for name in sorted(newest)), tuple(refused))


def _folder(root: Path) -> Iterator[HandIn | Refused]:
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in _JUNK)
        here = Path(folder)
        for name in [*folders, *sorted(files)]:
            if (here / name).is_symlink():
                yield Refused(name=(here / name).relative_to(root).as_posix(), reason="a link; links are not followed")
        for name in sorted(files):
            path = here / name
            if name not in _JUNK and not path.is_symlink():
                yield from _file(path, path.relative_to(root).as_posix())


def _file(path: Path, name: str) -> Iterator[HandIn | Refused]:
    known = path.stat()
    if not stat.S_ISREG(known.st_mode):
        yield Refused(name=name, reason="not an ordinary file")
    elif path.suffix.lower() == ".zip":
        yield from _archive(path.read_bytes(), f"{name}/", 1) if known.st_size <= MOST_BYTES else [_too_large(name)]
    else:
        yield _taken(name, known.st_size, known.st_mtime, path.read_bytes if known.st_size <= LARGEST else bytes)


def _archive(data: bytes, inside: str, depth: int) -> Iterator[HandIn | Refused]:
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
        entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError) as problem:
        if not inside:
            raise ValueError(f"This is neither a folder nor a zip: {problem}.") from None
        yield Refused(name=inside.rstrip("/"), reason=f"not a zip that can be read ({problem})")
        return
    left = MOST_BYTES
    if len(entries) > MOST_FILES:
        yield Refused(name=inside or "the zip", reason=f"{len(entries)} entries; at most {MOST_FILES} are read")
        entries = []
    for entry in entries:
        left -= entry.file_size
        if not entry.is_dir() and not _JUNK & set(PurePosixPath(entry.filename).parts):
            yield from _entry(archive, entry, inside, depth, left)


def _entry(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, inside: str, depth: int, left: int
) -> Iterator[HandIn | Refused]:
    name = inside + entry.filename
    reason = _suspicious(entry, left)
    if reason:
        yield Refused(name=name, reason=reason)
        return
    try:
        with archive.open(entry) as file:
            data = file.read(LARGEST + 1)
    except _DAMAGE as problem:
        yield Refused(name=name, reason=f"damaged: {problem}")
        return
    if PurePosixPath(name).suffix.lower() != ".zip":
        yield _taken(name, len(data), _when(entry), lambda: data)
    elif depth < DEEPEST:
        yield from _archive(data, f"{name}/", depth + 1)
    else:
        yield Refused(name=name, reason="a zip within a zip within a zip")


def _when(entry: zipfile.ZipInfo) -> float:
    try:
        return datetime(*entry.date_time).timestamp()
    except ValueError:
        return 0.0  # zips may hold the 0th of month 0


def _age(item: HandIn) -> tuple[float, list[int], str]:
    """Return what tells an older hand-in from a newer one; Canvas counts uploads where the minute is the same."""
    return item.when, [int(digits) for digits in re.findall(r"\d+", item.name)], item.name


def _suspicious(entry: zipfile.ZipInfo, left: int) -> str:
    """Return why an entry is not even looked into, or ""."""
    path = PurePosixPath(entry.filename.replace("\\", "/"))
    if path.is_absolute() or re.match(r"^[A-Za-z]:", entry.filename):
        return "an absolute path"
    if ".." in path.parts:
        return "a path that leaves its folder"
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
        return "a link or another special file; links are not followed"
    if entry.flag_bits & 1:
        return "encrypted; hand in the notebook without a password"
    if entry.file_size > LARGEST or left < 0:
        return _too_large(entry.filename).reason
    if entry.file_size > DENSEST * max(entry.compress_size, 1) and entry.file_size > 1 << 20:
        return f"unpacks to {entry.file_size // max(entry.compress_size, 1)} times its size; that is no notebook"
    return ""


def _taken(name: str, size: int, when: float, read: object) -> HandIn | Refused:
    if not name.lower().endswith(".ipynb"):
        return Refused(name=name, reason="not a notebook; hand in the file that ends in .ipynb")
    if size > LARGEST:
        return _too_large(name)
    return HandIn(student=_student(name), name=name, data=read(), when=when)  # type: ignore[operator]


def _too_large(name: str) -> Refused:
    return Refused(name=name, reason=f"too large; a notebook has at most {LARGEST >> 20} MB. Clear its outputs")


def _student(name: str) -> str:
    """Return whose file this is, from the path a platform gives it."""
    parts: Iterable[str] = PurePosixPath(name).parts
    for part in parts:
        for layout in (_MOODLE, _CANVAS):
            found = layout.match(part)
            if found:
                return f"{found['student']}_{found['user']}"
    folders = [part for part in PurePosixPath(name).parts[:-1] if not part.lower().endswith(".zip")]
    return folders[0] if folders else PurePosixPath(name).stem
