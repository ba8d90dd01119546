"""Files that several processes may use: written whole or not at all, and folders locked while one of them works there.

A file is written beside its place under another name, then renamed. A lock is a file that a process holds open and
locks; the system lets go of it when the process ends, however it ends.
"""

from __future__ import annotations

import contextlib
import errno
import glob
import importlib
import os
import time
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from srkit.errors import BadFile, BadInput

__all__ = [
    "atomic_path",
    "cannot_write",
    "check_path",
    "check_place",
    "locked",
    "set_aside",
    "sweep",
    "write_atomically",
]


@contextlib.contextmanager
def atomic_path(target: str | os.PathLike[str], *, overwrite: bool = True, durable: bool = False) -> Iterator[Path]:
    """Yield a temporary path in the folder of ``target``; on leaving without an error it becomes ``target`` at once.

    After an error, whatever it is, the temporary file is removed and ``target`` is as it was before.

    Args:
        durable: whether the file must be on the disk itself before it replaces the old one, so that after a power cut
            one of the two is there, whole.
    """
    path = check_path(target)
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
    """Write bytes to ``path``, or let a function write to the open file, as :func:`atomic_path` does."""
    with atomic_path(path, overwrite=overwrite, durable=durable) as temporary:
        try:
            with temporary.open("wb") as file:
                if isinstance(content, bytes):
                    file.write(content)
                else:
                    content(file)
        except RuntimeError as error:  # how PyTorch reports a disk that is full
            raise cannot_write(path, error) from error


def sweep(target: Path) -> None:
    """Remove what killed processes left of their writing ``target``; only for one who alone writes it, by a lock."""
    for litter in target.parent.glob(f".{glob.escape(target.stem[:60])}-*.tmp{glob.escape(target.suffix)}"):
        litter.unlink(missing_ok=True)


def set_aside(path: Path) -> Path | None:
    """Rename what is at ``path`` to ``<name>.1``, ``.2``, the first free number; nothing is ever deleted.

    Returns:
        The new name, or None where there was nothing.
    """
    if not path.exists():
        return None
    number = 1
    while (aside := path.with_name(f"{path.name}.{number}")).exists():
        number += 1
    path.rename(aside)
    return aside


def cannot_write(path: Path, error: BaseException) -> BadFile:
    """Return the error that says why ``path`` could not be written and what to do, with the system's ``errno``."""
    problem = BadFile(f"{path} could not be written: {_reason(error, path)} What was there before is untouched.")
    problem.errno = getattr(error, "errno", None)
    return problem


def check_path(path: object, *, name: str = "path") -> Path:
    """Return ``path`` as a Path; refuse what is none, and what this system cannot have as the name of a file."""
    if not isinstance(path, str | os.PathLike):
        raise BadInput(f"{name} must be a path, such as 'photo.png', and is a {type(path).__name__}.")
    place = Path(path)
    try:
        place.lstat()
    except ValueError as error:  # a byte of value 0, half of a character
        raise BadFile(f"{str(path)[:80]!r} cannot be the name of a file: {error}.") from None
    except OSError as error:  # whether it is there is asked where it matters
        if error.errno in (errno.ENAMETOOLONG, errno.EINVAL):
            raise BadFile(f"{str(path)[:80]!r}... cannot be the name of a file: {error.strerror}.") from None
    return place


def check_place(path: Path, *, overwrite: bool) -> None:
    """Refuse a place where no file could be written, before there is anything to write."""
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


_FAR = 1 << 40  # where Windows locks: reading the beginning, who holds it, stays possible
_PAUSE, _PATIENCE = 0.05, 3.0
_HELD = (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK)


@contextlib.contextmanager
def locked(
    path: Path, doing: str, *, wait: bool = False, advice: str = "", report: Callable[[str], object] = warnings.warn
) -> Iterator[None]:
    """Hold the lock file ``path`` (made and removed here) while the block runs; also against other threads.

    Args:
        doing: what the holder does, for the others' message: "training in runs/x".
        advice: what to do about it, added to that message.
        report: called with a sentence when this has waited for three seconds; by default a warning.
    """
    handle, waited = _opened(path), 0.0
    while handle is None:
        message = f"Another process ({_owner(path)}) is {doing}."
        if not wait:
            raise BadInput(f"{message} {advice}".strip())
        if waited < _PATIENCE <= waited + _PAUSE:
            report(f"{message} Waiting until it has ended.")
        time.sleep(_PAUSE)
        handle, waited = _opened(path), waited + _PAUSE
    try:
        os.ftruncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, f"process {os.getpid()}".encode())
        yield
    finally:
        _let_go(path, handle)


def _opened(path: Path) -> int | None:
    """Open the file and lock it; None where another holds it."""
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if not _try_lock(handle, path):
            os.close(handle)
            return None
        if _is_still(path, handle):
            return handle
        os.close(handle)


def _owner(path: Path) -> str:
    with contextlib.suppress(OSError):
        return path.read_bytes()[:200].decode(errors="replace").strip() or "unknown"
    return "unknown"


def _let_go(path: Path, handle: int) -> None:
    """Remove the file and close it; Windows removes only what is closed, and then only if nobody else has opened it."""
    removed = not _is_still(path, handle) or _removed(path)
    os.close(handle)
    if not removed:
        _removed(path)


def _removed(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:
        return False
    return True


def _is_still(path: Path, handle: int) -> bool:
    """Whether ``path`` is the very file that ``handle`` holds; somebody may have removed or moved it meanwhile."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _try_lock(handle: int, path: Path) -> bool:
    try:
        _system_lock(handle)
    except OSError as error:
        if error.errno in _HELD:
            return False
        warnings.warn(f"{path.parent} cannot be locked against other processes ({error}).", RuntimeWarning, 2)
    return True


def _system_lock(handle: int) -> None:
    try:
        import fcntl
    except ImportError:  # Windows
        msvcrt = importlib.import_module("msvcrt")
        os.lseek(handle, _FAR, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
