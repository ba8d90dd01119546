"""One lock for every folder that two processes may share: runs, downloads, caches, records of grades.

The lock is a file that a process holds open and locks; the system lets go of it when the process ends, however it ends.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

from srkit.errors import BadInput

__all__ = ["locked"]

_FAR = 1 << 40  # where Windows locks: reading the beginning, who holds it, stays possible
_PAUSE, _PATIENCE = 0.05, 3.0
_HELD = (errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK)


@contextlib.contextmanager
def locked(
    path: Path, doing: str, *, wait: bool = False, advice: str = "", report: Callable[[str], object] = warnings.warn
) -> Iterator[None]:
    """Hold the lock file ``path`` (made and removed here) while the block runs; also against other threads.

    Args:
        path: the lock file; its folder must exist.
        doing: what the holder does, for the others' message: "training in runs/x".
        wait: wait until it is free instead of raising.
        advice: what to do about it, added to that message.
        report: called with a sentence when this has waited for three seconds; by default a warning.

    Raises:
        BadInput: another process holds it (unless ``wait``); the message names that process.
        OSError: the file cannot be made.
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
