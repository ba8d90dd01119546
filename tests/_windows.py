"""The rules of Windows on another system, for files of this process: what is open or mapped keeps its name."""

from __future__ import annotations

import builtins
import errno
import io
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

_FOREIGN_MODULES = ("fcntl", "grp", "pwd", "resource", "termios")
_FOREIGN_NAMES = ("O_DIRECTORY", "O_NOFOLLOW", "fork", "geteuid", "getuid", "killpg", "mkfifo", "pread", "pwrite")
_PLAIN_OPEN = open
_FORBIDDEN = frozenset('<>:"|?*\\')


@pytest.fixture
def windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Apply the rules of Windows while a test runs.

    A file that is open or mapped in this process, or a folder with such a file in it, cannot be renamed, replaced or
    removed; ``rename`` never replaces; folders cannot be opened; text is written with CRLF and in cp1252 unless the
    program says otherwise; some characters are forbidden in names; and what Python lacks there is missing here.
    """
    if not Path("/proc/self/maps").exists():
        pytest.skip("needs Linux, which tells which files are open")
    for name in ("rename", "replace"):
        monkeypatch.setattr(os, name, _moving(getattr(os, name), replaces=name == "replace"))
    for name in ("unlink", "remove", "rmdir"):
        monkeypatch.setattr(os, name, _removing(getattr(os, name)))
    monkeypatch.setattr(os, "open", _opening(os.open))
    monkeypatch.setattr(os, "mkdir", _naming(os.mkdir))
    for place in (builtins, io):
        monkeypatch.setattr(place, "open", _text(_PLAIN_OPEN))
    monkeypatch.setattr(shutil, "_use_fd_functions", False)
    monkeypatch.setitem(sys.modules, "msvcrt", _msvcrt())
    for name in _FOREIGN_MODULES:
        monkeypatch.setitem(sys.modules, name, None)
    for name in _FOREIGN_NAMES:
        monkeypatch.delattr(os, name, raising=False)


def in_use(path: Any) -> str:
    """Return the open or mapped file that is ``path`` or lies in it, or nothing."""
    given = Path(os.fsdecode(path)).resolve()
    held = {number.resolve() for number in Path("/proc/self/fd").iterdir()}
    with _PLAIN_OPEN("/proc/self/maps", encoding="utf-8") as maps:
        held |= {Path(words[5]) for line in maps if len(words := line.rstrip("\n").split(None, 5)) == 6}
    return next((str(name) for name in held if name.is_relative_to(given) and name.is_file()), "")


def _refuse(path: Any) -> None:
    if held := in_use(path):
        raise PermissionError(errno.EACCES, f"in use by this process ({held})", str(path))


def _check_name(path: Any) -> None:
    name = Path(os.fsdecode(path)).name
    if _FORBIDDEN & set(name) or name.endswith((" ", ".")):
        raise OSError(errno.EINVAL, "The file name is wrong on Windows", str(path))


def _moving(original: Callable[..., None], *, replaces: bool) -> Callable[..., None]:
    def move(source: Any, target: Any, **options: Any) -> None:
        _check_name(target)
        _refuse(source)
        if Path(target).is_dir() or (not replaces and Path(target).exists()):
            raise (PermissionError if replaces else FileExistsError)(errno.EEXIST, "is there", str(target))
        _refuse(target)
        original(source, target, **options)

    return move


def _removing(original: Callable[..., None]) -> Callable[..., None]:
    def remove(path: Any, **options: Any) -> None:
        _refuse(path)
        original(path, **options)

    return remove


def _naming(original: Callable[..., None]) -> Callable[..., None]:
    def make(path: Any, *rest: Any, **options: Any) -> None:
        _check_name(path)
        original(path, *rest, **options)

    return make


def _opening(original: Callable[..., int]) -> Callable[..., int]:
    def opened(path: Any, flags: int, *rest: Any, **options: Any) -> int:
        _check_name(path)
        if Path(path).is_dir():
            raise PermissionError(errno.EACCES, "folders cannot be opened", str(path))
        return original(path, flags, *rest, **options)

    return opened


def _text(original: Callable[..., Any]) -> Callable[..., Any]:
    def opened(
        file: Any,
        mode: str = "r",
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
        *rest: Any,
        **options: Any,
    ) -> Any:
        writes = any(letter in mode for letter in "wax")
        if writes and not isinstance(file, int):
            _check_name(file)
        if "b" not in mode:
            encoding = "cp1252" if encoding in (None, "locale") else encoding
            newline = "\r\n" if newline is None and writes else newline
        return original(file, mode, buffering, encoding, errors, newline, *rest, **options)

    return opened


def _msvcrt() -> SimpleNamespace:
    """Return the locking of Windows, which shuts out other handles of the same process too."""
    import fcntl

    def locking(handle: int, _mode: int, _count: int) -> None:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise OSError(errno.EACCES, "Permission denied") from None

    return SimpleNamespace(locking=locking, LK_NBLCK=2)
