"""The folder of a run: one owner at a time, and nobody's earlier run is ever lost."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from srkit.errors import BadFile, BadInput
from srkit.training.atomic import cannot_write, write_atomically

__all__ = ["RunFolder", "existing_folder", "new_folder"]

_MARKS = ("config.json", "checkpoint.pt", "history.csv")
_FAR = 1 << 40


class RunFolder:
    """Names of the files of a run.

    Attributes:
        path: the folder.
        config: every setting, and where network, loss and images came from (JSON).
        history: every number of the run (CSV).
        skipped: the updates that were not made, and why (CSV).
        checkpoint: everything needed to go on.
        best: the weights of the highest validation PSNR (safetensors).
        last: the weights at the end (safetensors).
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = path / "config.json"
        self.history = path / "history.csv"
        self.skipped = path / "skipped.csv"
        self.checkpoint = path / "checkpoint.pt"
        self.best = path / "best.safetensors"
        self.last = path / "last.safetensors"

    def write_config(self, settings: Mapping[str, Any]) -> None:
        """Write ``config.json``."""
        write_atomically(self.config, (json.dumps(settings, indent=2, default=str) + "\n").encode())


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[RunFolder]:
    """Own a fresh folder at ``path`` while a run lasts; an earlier run there is renamed to ``<path>.<date>-<time>``.

    Raises:
        BadInput: the folder holds something that is not a run (it is left alone), or another process trains in it.
        BadFile: the folder cannot be made.
    """
    _check_free(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        with _owned(path):
            earlier = any((path / mark).exists() for mark in _MARKS)
            if earlier:
                archive = path.rename(_archive_name(path))
                (archive / "lock").unlink(missing_ok=True)
        path.mkdir(exist_ok=True)
    except OSError as error:
        raise error if isinstance(error, BadFile) else cannot_write(path, error) from error
    with _owned(path):
        yield RunFolder(path)


@contextlib.contextmanager
def existing_folder(path: Path) -> Iterator[RunFolder]:
    """Own the folder of an earlier run while it is resumed.

    Raises:
        BadInput: another process trains in it.
    """
    with _owned(path):
        yield RunFolder(path)


def _check_free(path: Path) -> None:
    if path.is_file():
        raise BadInput(f"out={str(path)!r} is a file; a run needs a folder of its own, for example runs/my_first_run.")
    if not path.is_dir() or any((path / mark).exists() for mark in _MARKS):
        return
    foreign = sorted(entry.name for entry in path.iterdir() if entry.name != "lock")
    if foreign:
        shown = ", ".join(foreign[:3]) + (", …" if len(foreign) > 3 else "")
        raise BadInput(
            f"out={str(path)!r} holds things that no run wrote ({shown}), and they stay untouched. "
            f"Choose a folder of its own, for example {str(path / 'run_1')!r}."
        )


def _archive_name(path: Path) -> Path:
    stamp = datetime.datetime.now(tz=datetime.UTC).strftime("%Y%m%d-%H%M%S")
    name, number = path.with_name(f"{path.name}.{stamp}"), 2
    while name.exists():
        name, number = path.with_name(f"{path.name}.{stamp}-{number}"), number + 1
    return name


@contextlib.contextmanager
def _owned(folder: Path) -> Iterator[None]:
    """Hold the file ``lock`` in ``folder``; the system lets go of it when the process dies, however it dies."""
    path = folder / "lock"
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if not _try_lock(handle):
            owner = os.read(handle, 200).decode(errors="replace").strip()
            os.close(handle)
            raise BadInput(
                f"Another process ({owner or 'unknown'}) is training in {folder}. Wait for it, stop it, or choose "
                "another out=…."
            )
        if _is_still(path, handle):
            break
        os.close(handle)
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"process {os.getpid()}".encode(), 0) if sys.platform != "win32" else None
        yield
    finally:
        if _is_still(path, handle):
            with contextlib.suppress(OSError):
                path.unlink()
        os.close(handle)


def _is_still(path: Path, handle: int) -> bool:
    """Whether ``path`` is the very file that ``handle`` holds; somebody may have removed or moved it meanwhile."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False


def _try_lock(handle: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(handle, _FAR, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            os.lseek(handle, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
