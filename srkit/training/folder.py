"""The folder of a run: used by one process at a time; an earlier run is never overwritten."""

from __future__ import annotations

import contextlib
import datetime
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from srkit.errors import BadFile, BadInput
from srkit.ops.atomic import cannot_write, locked, write_atomically

__all__ = ["RunFolder", "existing_folder", "new_folder"]

_MARKS = ("config.json", "checkpoint.pt", "history.csv")
_HALF_WRITTEN = re.compile(
    r"\.(config|history|skipped|checkpoint|best|last|model_\d+)-[0-9a-f]{12}\.tmp\.(json|csv|pt|safetensors)"
).fullmatch
"""Tells a file of a run that :mod:`srkit.ops.atomic` was writing when the process was killed."""


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
        write_atomically(self.config, (json.dumps(settings, indent=2, default=str) + "\n").encode(), durable=True)


@contextlib.contextmanager
def new_folder(path: Path) -> Iterator[RunFolder]:
    """Lock a new folder at ``path`` while a run lasts; an earlier run there is renamed to ``<path>.<date>-<time>``."""
    _check_free(path)
    try:
        path.mkdir(parents=True, exist_ok=True)
        if any((path / mark).exists() for mark in _MARKS):
            (_archived(path) / "lock").unlink(missing_ok=True)
            path.mkdir(exist_ok=True)
    except OSError as error:
        raise error if isinstance(error, BadFile) else cannot_write(path, error) from error
    with _owned(path):
        yield RunFolder(path)


@contextlib.contextmanager
def existing_folder(path: Path) -> Iterator[RunFolder]:
    """Lock the folder of an earlier run while it is resumed."""
    with _owned(path):
        yield RunFolder(path)


def _check_free(path: Path) -> None:
    if path.is_file():
        raise BadInput(f"out={str(path)!r} is a file; a run needs a folder of its own, for example runs/my_first_run.")
    if not path.is_dir() or any((path / mark).exists() for mark in _MARKS):
        return
    foreign = sorted(entry.name for entry in path.iterdir() if entry.name != "lock" and not _HALF_WRITTEN(entry.name))
    if foreign:
        shown = ", ".join(foreign[:3]) + (", …" if len(foreign) > 3 else "")
        raise BadInput(
            f"out={str(path)!r} holds things that no run wrote ({shown}), and they stay untouched. "
            f"Choose a folder of its own, for example {str(path / 'run_1')!r}."
        )


def _archived(path: Path) -> Path:
    """Rename the folder of a run that nobody owns, and return its new name."""
    with _owned(path), contextlib.suppress(PermissionError):
        return path.rename(_archive_name(path))
    return path.rename(_archive_name(path))  # Windows renames it only now that no file in it is open, by anybody


def _archive_name(path: Path) -> Path:
    stamp = datetime.datetime.now(tz=datetime.UTC).strftime("%Y%m%d-%H%M%S")
    name, number = path.with_name(f"{path.name}.{stamp}"), 2
    while name.exists():
        name, number = path.with_name(f"{path.name}.{stamp}-{number}"), number + 1
    return name


@contextlib.contextmanager
def _owned(folder: Path) -> Iterator[None]:
    """Own a folder, and clear away what a run that was killed had half written: nobody else can be writing now."""
    advice = "Wait for it, stop it, or choose another out=…."
    with locked(folder / "lock", f"training in {folder}", advice=advice):
        for entry in folder.iterdir():
            if _HALF_WRITTEN(entry.name):
                entry.unlink(missing_ok=True)
        yield
