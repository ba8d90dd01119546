"""The folder of a run: archived, locked, never destroyed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from srkit import training
from srkit.errors import BadFile, BadInput
from srkit.ops.atomic import atomic_path
from srkit.training.folder import existing_folder, new_folder

ROOT = Path(__file__).resolve().parents[2]


def earlier_run(path: Path, mark: str = "config.json") -> Path:
    path.mkdir(parents=True)
    (path / mark).write_text("{}")
    (path / "notes.txt").write_text("mine")
    return path


def others(path: Path) -> list[Path]:
    return sorted(entry for entry in path.parent.iterdir() if entry != path)


@pytest.mark.parametrize("mark", ["config.json", "checkpoint.pt", "history.csv"])
def test_an_earlier_run_is_renamed_with_everything_in_it(tmp_path, mark: str) -> None:
    path = earlier_run(tmp_path / "run", mark)
    with new_folder(path):
        assert sorted(entry.name for entry in path.iterdir()) == ["lock"]
    (archive,) = others(path)
    assert archive.name.startswith("run.2")
    assert sorted(entry.name for entry in archive.iterdir()) == sorted([mark, "notes.txt"])
    assert list(path.iterdir()) == []


def test_runs_archived_in_the_same_second_get_different_names(tmp_path) -> None:
    for _ in range(4):
        with new_folder(tmp_path / "run") as folder:
            folder.write_config({"steps": 1})
    assert len(others(tmp_path / "run")) == 3
    assert json.loads((tmp_path / "run" / "config.json").read_text()) == {"steps": 1}


def test_a_folder_with_other_things_in_it_is_refused_and_stays_as_it_is(tmp_path) -> None:
    (tmp_path / "holiday.png").write_bytes(b"picture")
    with pytest.raises(BadInput, match=r"holds things that no run wrote \(holiday.png\)"), new_folder(tmp_path):
        pass
    assert [entry.name for entry in tmp_path.iterdir()] == ["holiday.png"]


def test_a_file_where_the_folder_should_be_is_refused(tmp_path) -> None:
    (tmp_path / "run").write_text("a file")
    with pytest.raises(BadInput, match="is a file"), new_folder(tmp_path / "run"):
        pass


def test_a_folder_that_cannot_be_made_is_a_clear_error(tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadFile, match="could not be written"), new_folder(tmp_path / "file" / "run"):
        pass


def test_parents_are_made_and_an_empty_folder_is_used_as_it_is(tmp_path) -> None:
    (tmp_path / "a").mkdir()
    with new_folder(tmp_path / "a"), new_folder(tmp_path / "b" / "c" / "d") as folder:
        assert folder.path.is_dir()
    assert others(tmp_path / "a") == [tmp_path / "b"]


def test_a_second_run_in_the_same_folder_is_refused_and_told_who_has_it(tmp_path) -> None:
    with new_folder(tmp_path / "run"):
        for opener in (new_folder, existing_folder):
            with pytest.raises(BadInput, match=rf"process {os.getpid()}\) is training in"), opener(tmp_path / "run"):
                pass
    with new_folder(tmp_path / "run"):
        pass


def test_the_lock_of_a_process_that_was_killed_does_not_stand_in_the_way(tmp_path) -> None:
    program = (
        "import sys, time\n"
        "from pathlib import Path\n"
        "from srkit.training.folder import new_folder\n"
        "with new_folder(Path(sys.argv[1])):\n"
        "    print('owned', flush=True)\n"
        "    time.sleep(60)\n"
    )
    path = tmp_path / "run"
    other = subprocess.Popen([sys.executable, "-c", program, str(path)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "owned\n"
        with pytest.raises(BadInput, match=rf"process {other.pid}\) is training"), existing_folder(path):
            pass
    finally:
        other.send_signal(signal.SIGKILL)
        other.communicate()
    assert (path / "lock").exists()
    with existing_folder(path):
        pass
    assert not (path / "lock").exists()


def test_the_lock_is_given_back_after_an_error(tmp_path) -> None:
    with pytest.raises(ZeroDivisionError), new_folder(tmp_path / "run"):
        _ = 1 // 0
    with new_folder(tmp_path / "run"):
        pass
    assert training.folder.RunFolder(tmp_path / "run").checkpoint.name == "checkpoint.pt"


@pytest.mark.parametrize("opener", [new_folder, existing_folder])
def test_what_a_killed_run_had_half_written_is_cleared_away_and_nothing_else(tmp_path: Path, opener: Any) -> None:
    half = [
        f".{name}-0123456789ab.tmp.{kind}"
        for name, kind in (("checkpoint", "pt"), ("skipped", "csv"), ("config", "json"))
    ]
    for name in half:
        (tmp_path / name).write_bytes(b"half")
    if opener is existing_folder:
        (tmp_path / ".notes-0123456789ab.tmp.txt").write_text("mine", "utf-8")
    with opener(tmp_path):
        assert not [name for name in half if (tmp_path / name).exists()]
    assert (tmp_path / ".notes-0123456789ab.tmp.txt").exists() == (opener is existing_folder)


def test_a_file_that_is_being_written_has_a_name_that_is_known_as_such(tmp_path: Path) -> None:
    from srkit.training.folder import _HALF_WRITTEN, RunFolder

    folder = RunFolder(tmp_path)
    for path in (folder.config, folder.history, folder.skipped, folder.checkpoint, folder.best, folder.last):
        with atomic_path(path) as temporary:
            temporary.write_bytes(b"half")
            assert _HALF_WRITTEN(temporary.name)
        assert not _HALF_WRITTEN(path.name)
