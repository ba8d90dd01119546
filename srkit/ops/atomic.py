"""A file is either there, whole, or not there: write beside it under another name, then rename."""

from __future__ import annotations

import contextlib
import errno
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from srkit.errors import BadFile

__all__ = ["atomic_path", "cannot_write", "check_place", "write_atomically"]


@contextlib.contextmanager
def atomic_path(target: str | os.PathLike[str], *, overwrite: bool = True, durable: bool = False) -> Iterator[Path]:
    """Yield a temporary path in the folder of ``target``; on leaving without an error it becomes ``target`` at once.

    After an error, whatever it is, the temporary file is removed and ``target`` is as it was before.

    Args:
        target: where the file shall be; its folder must exist.
        overwrite: whether a file that is already there may be replaced.
        durable: whether the file must be on the disk itself before it replaces the old one, so that after a power cut
            one of the two is there, whole.

    Raises:
        BadFile: the folder is missing or not writable, ``target`` is a folder or must not be replaced, the disk is
            full.
    """
    path = Path(target)
    check_place(path, overwrite=overwrite)
    temporary = path.with_name(f".{path.stem[:60]}-{uuid.uuid4().hex[:12]}.tmp{path.suffix}")
    try:
        yield temporary
        if durable:
            _sync(temporary, os.O_RDWR)
        os.replace(temporary, path)  # noqa: PTH105
        if durable:
            with contextlib.suppress(OSError):  # Windows opens no folders
                _sync(path.parent, os.O_RDONLY)
    except BadFile:
        raise
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        temporary.unlink(missing_ok=True)


def write_atomically(
    path: Path, content: bytes | Callable[[BinaryIO], object], *, overwrite: bool = True, durable: bool = False
) -> None:
    """Write bytes to ``path``, or let a function write to the open file, as :func:`atomic_path` does.

    Raises:
        BadFile: it could not be written; nothing is left behind.
    """
    with atomic_path(path, overwrite=overwrite, durable=durable) as temporary:
        try:
            with temporary.open("wb") as file:
                if isinstance(content, bytes):
                    file.write(content)
                else:
                    content(file)
        except RuntimeError as error:  # how PyTorch reports a disk that is full
            raise cannot_write(path, error) from error


def cannot_write(path: Path, error: BaseException) -> BadFile:
    """Return the error that says why ``path`` could not be written and what to do, with the system's ``errno``."""
    problem = BadFile(f"{path} could not be written: {_reason(error, path)} What was there before is untouched.")
    problem.errno = getattr(error, "errno", None)
    return problem


def check_place(path: Path, *, overwrite: bool) -> None:
    """Refuse a place where no file could be written, before there is anything to write.

    Raises:
        BadFile: it is a folder, its folder is missing or must not be written to, or the file is there and must stay.
    """
    if path.is_dir():
        raise BadFile(f"{path} is a folder; give the name of a file in it, for example {path / 'image.png'}.")
    if not path.parent.is_dir():
        raise BadFile(f"{path} cannot be written: the folder {path.parent} does not exist. Make it first (mkdir -p).")
    if path.exists() and not overwrite:
        raise BadFile(f"{path} exists and would be overwritten; choose another name, or ask for overwrite=True.")
    if not os.access(path.parent, os.W_OK):
        raise cannot_write(path, PermissionError(errno.EACCES, "no right to write there"))


def _reason(error: BaseException, path: Path) -> str:
    number, text = getattr(error, "errno", None), str(error).splitlines() or [type(error).__name__]
    said = getattr(error, "strerror", None) or text[0].rstrip(".")
    if number in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full ({said}). Free some space and repeat."
    if number == errno.EFBIG:
        return f"it is larger than this disk or your share of it allows ({said}). Free some space and repeat."
    if number in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"writing in {path.parent} is not allowed, or another program has the file open ({said})."
    return f"{said}."


def _sync(path: Path, mode: int) -> None:
    handle = os.open(path, mode)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
