"""A file is either there, whole, or not there: write beside it under another name, then rename."""

from __future__ import annotations

import contextlib
import errno
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from srkit.errors import BadFile

__all__ = ["atomic_path"]


@contextlib.contextmanager
def atomic_path(target: str | os.PathLike[str], *, overwrite: bool = True) -> Iterator[Path]:
    """Yield a temporary path in the folder of ``target``; on leaving without an error it becomes ``target`` at once.

    After an error, whatever it is, the temporary file is removed and ``target`` is as it was before.

    Args:
        target: where the file shall be; its folder must exist.
        overwrite: whether a file that is already there may be replaced.

    Raises:
        BadFile: the folder is missing or not writable, ``target`` is a folder or must not be replaced, the disk is
            full.
    """
    path = Path(target)
    _check_place(path, overwrite)
    temporary = path.with_name(f".{path.stem[:60]}-{uuid.uuid4().hex[:12]}.tmp{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)  # noqa: PTH105
    except BadFile:
        raise
    except OSError as error:
        raise BadFile(f"{path} could not be written: {_reason(error, path)} Nothing was left behind.") from error
    finally:
        temporary.unlink(missing_ok=True)


def _check_place(path: Path, overwrite: bool) -> None:
    if path.is_dir():
        raise BadFile(f"{path} is a folder; give the name of a file in it, for example {path / 'image.png'}.")
    if not path.parent.is_dir():
        raise BadFile(f"{path} cannot be written: the folder {path.parent} does not exist. Make it first (mkdir -p).")
    if path.exists() and not overwrite:
        raise BadFile(f"{path} exists and would be overwritten; choose another name, or ask for overwrite=True.")


def _reason(error: OSError, path: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"writing in {path.parent} is not allowed."
    return f"{error.strerror or error}."
