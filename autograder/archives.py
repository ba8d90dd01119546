"""Walk through folders and zips without unpacking anything: what is there, what it is called, how it is opened."""

from __future__ import annotations

import io
import lzma
import os
import re
import stat
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from autograder.notebooks import LARGEST

__all__ = ["DAMAGE", "JUNK", "Found", "in_folder", "in_zip", "too_large", "unwanted"]

MOST_ENTRIES = 100_000  # of an archive: two thousand students with fifty files each
MOST_INNER = 200  # of a zip within the zip, which is one student's
DENSEST = 200  # a notebook with pictures is packed to a third, one of zeros to a thousandth
DEEPEST = 1  # zips within the zip: what some platforms make of several files of one student
DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError),
    *(NotImplementedError, RuntimeError, OSError, ValueError),
)
JUNK = {"__MACOSX", ".ipynb_checkpoints", ".git", "__pycache__", ".DS_Store", "Thumbs.db"}
_OURS = {"expected.csv"}  # of the demonstration class


@dataclass(frozen=True)
class Found:
    """A file before anybody looked into it."""

    parts: tuple[str, ...]
    name: str
    size: int
    open: Callable[[], BinaryIO]
    reason: str = ""  # why it is not even looked into


def in_folder(root: Path, course: Path | None = None) -> Iterator[Found]:
    """Yield every file of a class folder, those in zips included; links are named and not followed.

    Args:
        root: the class folder.
        course: the course that is made of it, which may lie in it and was handed in by nobody.
    """
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if name not in JUNK and (here / name).resolve() != course)
        for name in [*folders, *sorted(files)]:
            path = here / name
            shown = path.relative_to(root).as_posix()
            if path.is_symlink():
                yield _bad(shown, "a link; links are not followed")
            elif name in files and name not in JUNK and shown not in _OURS:
                yield from _file(path, shown)


def _file(path: Path, name: str) -> Iterator[Found]:
    known = path.stat()
    if not stat.S_ISREG(known.st_mode):
        yield _bad(name, "not an ordinary file")
    elif path.suffix.lower() == ".zip":
        yield from _archive(path, f"{name}/", 0)
    elif known.st_size > LARGEST:
        yield _bad(name, unwanted(name) or too_large())
    else:
        yield Found(PurePosixPath(name).parts, name, known.st_size, lambda: path.open("rb"))


def in_zip(path: Path) -> Iterator[Found]:
    """Yield every file of an archive, those in zips within it included.

    Raises:
        ValueError: it is no zip.
    """
    try:
        with zipfile.ZipFile(path):
            pass
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as problem:
        raise ValueError(f"{path} is neither a folder nor a zip: {problem}.") from None
    yield from _archive(path, "", 0)


def _archive(source: Path | io.BytesIO, inside: str, depth: int) -> Iterator[Found]:
    try:
        archive = zipfile.ZipFile(source)
        entries = archive.infolist()
    except DAMAGE as problem:
        yield _bad(inside.rstrip("/"), f"not a zip that can be read ({problem})")
        return
    most = MOST_ENTRIES if isinstance(source, Path) else MOST_INNER
    if len(entries) > most:
        yield _bad(inside or "the zip", f"{len(entries)} entries; at most {most} are read")
        return
    for entry in entries:
        if not entry.is_dir() and not JUNK & set(PurePosixPath(entry.filename).parts):
            yield from _entry(archive, entry, inside, depth)


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, inside: str, depth: int) -> Iterator[Found]:
    name = inside + entry.filename
    reason = _suspicious(entry)
    if reason or not name.lower().endswith(".zip"):
        parts = PurePosixPath(name).parts or (name,)
        yield Found(parts, name, entry.file_size, lambda: archive.open(entry), reason)  # type: ignore[arg-type,return-value]
    elif depth >= DEEPEST:
        yield _bad(name, "a zip within a zip within a zip")
    else:
        yield from _inner(archive, entry, name, depth)


def _inner(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, depth: int) -> Iterator[Found]:
    """Look into a zip within a zip; it is unpacked again for each of its files, so that none stays in memory."""

    def again(file: str) -> BinaryIO:
        return io.BytesIO(zipfile.ZipFile(io.BytesIO(archive.read(entry))).read(file))

    try:
        with archive.open(entry) as file:
            data = file.read(LARGEST + 1)
    except DAMAGE as problem:
        yield _bad(name, f"damaged: {problem}")
        return
    for one in _archive(io.BytesIO(data), f"{name}/", depth + 1):
        inner = one.name.removeprefix(f"{name}/")
        yield Found(one.parts, one.name, one.size, lambda inner=inner: again(inner), one.reason)  # type: ignore[misc]


def _suspicious(entry: zipfile.ZipInfo) -> str:
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
    if entry.file_size > LARGEST:
        return too_large() if entry.filename.lower().endswith((".ipynb", ".zip")) else unwanted(entry.filename)
    if entry.file_size > DENSEST * max(entry.compress_size, 1) and entry.file_size > 1 << 20:
        return f"unpacks to {entry.file_size // max(entry.compress_size, 1)} times its size; that is no notebook"
    return ""


def _bad(name: str, reason: str) -> Found:
    return Found(PurePosixPath(name).parts or (name,), name, 0, io.BytesIO, reason)


def too_large() -> str:
    """Return the reason why a file is not read."""
    return f"too large; a notebook has at most {LARGEST >> 20} MB. Clear its outputs"


def unwanted(name: str) -> str:
    """Return why a file of this name is no notebook, or ""."""
    if name.lower().endswith("_text.html") or name.lower().endswith("onlinetext.html"):
        return "text that was typed into the platform; hand in the file that ends in .ipynb"
    return "" if name.lower().endswith(".ipynb") else "not a notebook; hand in the file that ends in .ipynb"
