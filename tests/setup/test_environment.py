"""``.venv``: made when it is not there, kept when it is, never thrown away when it is somebody's."""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

TOOLS = Path(__file__).resolve().parents[2] / "tools"


@pytest.fixture
def environment() -> ModuleType:
    """The module under test."""
    return importlib.import_module("_environment")


@pytest.fixture
def quick(environment: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Make environments without pip, which takes a second instead of ten; the list holds the commands."""
    ran: list[list[str]] = []

    def run(command: list[str], **_: Any) -> None:
        ran.append(command)
        subprocess.run([*command[:3], "--without-pip", *command[3:]], check=True)

    monkeypatch.setattr(environment, "run_quietly", run)
    return ran


def test_an_environment_is_made_once_and_then_found(
    environment: ModuleType, quick: list[list[str]], tmp_path: Path
) -> None:
    first = environment.make(tmp_path / ".venv")
    assert first.python.exists()
    assert environment.make(tmp_path / ".venv") == first
    assert len(quick) == 1


def test_an_environment_without_pip_as_uv_makes_them_gets_the_one_of_its_python(
    environment: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / ".venv")], check=True)
    bare = environment.make(tmp_path / ".venv")
    ran: list[list[str]] = []
    monkeypatch.setattr(environment, "run_quietly", lambda command, log: ran.append(command))
    environment.add_pip(bare)
    assert ran == [[str(bare.python), "-m", "ensurepip"]]
    environment.add_pip(environment.Environment(Path(sys.executable), tmp_path))
    assert len(ran) == 1, "this one has pip"
    monkeypatch.setattr(environment, "output", lambda python, code: "")
    with pytest.raises(environment.Stop, match=r"uv pip install --python .* pip"):
        environment.add_pip(bare)


def test_a_folder_that_is_not_ours_is_left_alone(
    environment: ModuleType, quick: list[list[str]], tmp_path: Path
) -> None:
    folder = tmp_path / ".venv"
    folder.mkdir()
    (folder / "thesis.tex").write_text("years of work")
    with pytest.raises(environment.Stop, match=r"Move it away and call again"):
        environment.make(folder)
    assert (folder / "thesis.tex").read_text() == "years of work"
    assert quick == []


def test_an_environment_of_ours_whose_python_is_gone_is_made_again(
    environment: ModuleType, quick: list[list[str]], tmp_path: Path
) -> None:
    made = environment.make(tmp_path / ".venv")
    made.write_stamp({"installed": {}})
    made.python.unlink()
    made.python.symlink_to(tmp_path / "uninstalled")
    again = environment.make(tmp_path / ".venv")
    assert environment.output(again.python, "print(6 * 7)") == "42"
    assert not again.stamp.exists()


def test_a_python_without_venv_names_the_package_to_install(
    environment: ModuleType, quick: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ensurepip" else find(name))
    with pytest.raises(environment.Stop, match=rf"apt-get install python3\.{sys.version_info.minor}-venv"):
        environment.make(tmp_path / ".venv")


def test_too_little_disk_is_said_before_anything_is_written(
    environment: ModuleType, quick: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=0.3e9))
    with pytest.raises(environment.Stop, match=r"has 0\.3 GB free and 2\.5 GB are needed"):
        environment.make(tmp_path / ".venv")
    assert not (tmp_path / ".venv").exists()


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        ("NewConnectionError: Failed to establish a new connection: [Errno -2] Name or service", "cannot be reached"),
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "not the one that was locked"),
        ("PermissionError: [Errno 13] Permission denied: '.venv/lib'", "cannot be written"),
        ("ssl.SSLCertVerificationError: CERTIFICATE_VERIFY_FAILED", "PIP_CERT"),
        ("lots of text\nERROR: the moon is full\nmore text", "the moon is full"),
    ],
)
def test_each_way_an_installation_fails_has_its_sentence(environment: ModuleType, said: str, sentence: str) -> None:
    assert sentence in environment.explain(said)


def test_a_failed_command_stops_with_its_sentence_and_keeps_everything_it_said(
    environment: ModuleType, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    command = [sys.executable, "-c", "print('one', flush=True); raise SystemExit('ERROR: two')"]
    with pytest.raises(environment.Stop, match="two"):
        environment.run_quietly(command, log=log)
    assert log.read_text().splitlines() == ["one", "ERROR: two"]


def test_two_set_ups_at_once_build_one_after_the_other_and_the_second_says_that_it_waits(tmp_path: Path) -> None:
    """Each process notes its coming and going in one file; within the lock nobody else's note may stand between."""
    program = (
        f"import sys, time; sys.path.insert(0, {str(TOOLS)!r})\n"
        "from pathlib import Path; import _environment as e\n"
        "for turn in range(3):\n"
        "    with e.locked(Path('lock')):\n"
        "        with open('notes', 'a') as notes: notes.write(f'in {sys.argv[1]}\\n')\n"
        "        time.sleep(0.05)\n"
        "        with open('notes', 'a') as notes: notes.write(f'out {sys.argv[1]}\\n')\n"
    )
    started = [subprocess.Popen([sys.executable, "-c", program, name], cwd=tmp_path) for name in "abc"]
    assert [process.wait() for process in started] == [0, 0, 0]
    notes = (tmp_path / "notes").read_text().splitlines()
    assert len(notes) == 18
    for came, went in zip(notes[::2], notes[1::2], strict=True):
        assert came.removeprefix("in ") == went.removeprefix("out ")


def test_the_lock_of_a_set_up_that_was_killed_holds_nobody_up_and_a_waiting_one_says_so(
    environment: ModuleType, tmp_path: Path
) -> None:
    holder = (
        f"import sys, time; sys.path.insert(0, {str(TOOLS)!r}); import _environment as e; from pathlib import Path\n"
        "with e.locked(Path('lock')): print('held', flush=True); time.sleep(600)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", holder], cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    waiter = subprocess.Popen(
        [sys.executable, "-c", holder.replace("time.sleep(600)", "pass")],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert waiter.stdout is not None
    assert "Another set-up is at work" in waiter.stdout.readline()
    process.kill()
    assert waiter.communicate()[0] == "held\n"
    process.wait()


@pytest.mark.parametrize(
    ("variable", "listed", "named"),
    [
        ("", "global.constraint='/a/limits.txt'", "/a/limits.txt"),
        ("", "install.constraint='/b/limits.txt'\nglobal.index-url='x'", "/b/limits.txt"),
        ("/c/limits.txt", "global.constraint='/a/limits.txt'", "/c/limits.txt"),
        ("/dev/null", "global.constraint='/a/limits.txt'", ""),
        ("", "global.index-url='x'", ""),
    ],
)
def test_the_constraints_that_pip_obeys_unasked_are_named(
    environment: ModuleType, monkeypatch: pytest.MonkeyPatch, variable: str, listed: str, named: str
) -> None:
    monkeypatch.setenv("PIP_CONSTRAINT", variable)
    monkeypatch.setattr(environment.subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=listed))
    said = environment.constrained(Path(sys.executable))
    assert (named in said) if named else said == ""


def test_the_fingerprint_follows_the_lock_and_the_dependencies_but_not_the_lint_rules(
    environment: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    project = (
        '[build-system]\nrequires = []\n[project]\nname = "a"\ndependencies = [{}]\n[tool.ruff]\nline-length = {}\n'
    )
    lock, pyproject = tmp_path / "lock", tmp_path / "pyproject.toml"

    def fingerprint(dependencies: str, length: int, locked: str) -> str:
        pyproject.write_text(project.format(dependencies, length))
        lock.write_text(locked)
        return str(environment.fingerprint(lock))

    before = fingerprint('"x"', 100, "x==1")
    assert fingerprint('"x"', 120, "x==1") == before
    assert fingerprint('"y"', 100, "x==1") != before
    assert fingerprint('"x"', 100, "x==2") != before


def test_a_half_written_or_foreign_stamp_counts_as_none(environment: ModuleType, tmp_path: Path) -> None:
    here = environment.Environment(Path(sys.executable), tmp_path)
    assert here.read_stamp() == {}
    here.stamp.write_text('{"installed": {"la')
    assert here.read_stamp() == {}
    here.write_stamp({"installed": {"lab": "1"}})
    assert here.read_stamp() == {"installed": {"lab": "1"}}
    assert sorted(tmp_path.iterdir()) == [here.stamp]
