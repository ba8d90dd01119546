"""Files that survive a crash: the old one stays until the new one is complete on the disk itself."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from srkit.errors import BadFile
from srkit.ops.atomic import atomic_path

__all__ = ["cannot_write", "replace_atomically", "write_atomically"]


def cannot_write(path: Path, error: BaseException) -> BadFile:
    """Return the error that says why ``path`` could not be written and what to do."""
    reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
    return BadFile(
        f"{path} could not be written: {reason}. What was there before is untouched. Free some space or check the "
        f"permissions of {path.parent}, then resume the run."
    )


def replace_atomically(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Let ``write`` fill a temporary file beside ``path``, and only when it is safely on disk put it in its place.

    Raises:
        BadFile: it could not be written (no space, no permission, no such folder); nothing is left behind.
    """
    with atomic_path(path) as temporary:
        try:
            with temporary.open("wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
        except (OSError, RuntimeError) as error:
            raise cannot_write(path, error) from error
    _sync_folder(path.parent)


def write_atomically(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path`` as :func:`replace_atomically` does.

    Raises:
        BadFile: it could not be written.
    """
    replace_atomically(path, lambda file: file.write(content))


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError, AttributeError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
