from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from srkit.errors import BadInput
from srkit.ops import atomic as module
from srkit.ops.atomic import locked

HOLDER = (
    "import sys\n"
    "from pathlib import Path\n"
    "from srkit.ops.atomic import locked\n"
    "with locked(Path(sys.argv[1]), 'holding'):\n"
    "    print('held', flush=True)\n"
    "    sys.stdin.read()\n"
)


@contextmanager
def holder(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Let another process hold the lock until its input is closed."""
    words = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        yield other


def test_another_process_is_named_and_one_who_waits_gets_the_lock_when_it_is_free(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, said = tmp_path / "lock", list[str]()
    with holder(path) as other:
        name = rf"Another process \(process {other.pid}\) is measuring x\."
        with pytest.raises(BadInput, match=rf"{name} Stop it\."):
            locked(path, "measuring x", advice="Stop it.").__enter__()
        assert path.exists()
        monkeypatch.setattr(module, "_PATIENCE", 2 * module._PAUSE)
        monkeypatch.setattr(module.time, "sleep", lambda _: other.communicate() if said else None)
        with locked(path, "measuring x", wait=True, report=said.append):
            assert path.read_text() == f"process {os.getpid()}"
    assert len(said) == 1
    assert re.fullmatch(f"{name} Waiting until it has ended\\.", said[0])
    assert list(tmp_path.iterdir()) == []


def test_of_many_threads_one_at_a_time_is_inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PAUSE", 0.001)
    inside: list[int] = []
    most: list[int] = []

    def work(number: int) -> None:
        with locked(tmp_path / "lock", "working", wait=True):
            inside.append(number)
            most.append(len(inside))
            inside.remove(number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(64)))
    assert most == [1] * 64
    assert list(tmp_path.iterdir()) == []


def test_a_file_system_without_locks_costs_a_warning_and_nobody_waits_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(module, "_system_lock", refuse)
    with pytest.warns(RuntimeWarning, match="cannot be locked"), locked(tmp_path / "lock", "working", wait=True):
        pass


def test_a_folder_that_takes_no_file_is_an_error_of_the_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), locked(tmp_path / "none" / "lock", "working", wait=True):
        pass
