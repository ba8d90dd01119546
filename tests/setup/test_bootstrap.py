"""``python tools/bootstrap.py``: which Python it takes, and what it says where it cannot go on."""

from __future__ import annotations

import ast
import importlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.house._code import ROOT

BOOTSTRAP = ROOT / "tools" / "bootstrap.py"


@pytest.fixture
def bootstrap() -> ModuleType:
    """The module under test."""
    return importlib.import_module("bootstrap")


def test_an_old_python_can_read_the_file_that_tells_it_that_it_is_too_old() -> None:
    ast.parse(BOOTSTRAP.read_text("utf-8"), feature_version=(3, 5))


def test_without_a_verb_it_says_what_the_verbs_are() -> None:
    done = subprocess.run([sys.executable, str(BOOTSTRAP)], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "lab " in done.stderr
    assert "test " in done.stderr


def test_a_python_that_is_too_old_and_alone_is_refused_with_one_sentence(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bootstrap, "supported", lambda version: False)
    monkeypatch.setattr(bootstrap, "candidates", lambda: iter([["python3.9"]]))
    monkeypatch.setattr(bootstrap, "OLDEST", (99, 0))
    assert bootstrap.main(["lab"]) == 2
    said = capsys.readouterr().err
    assert "needs Python 3.11 to 3.13" in said
    assert "apt-get install" in said
    assert said.count("\n") == 1


def test_a_python_that_is_too_old_hands_over_to_a_newer_one_on_the_path(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "another_python", lambda: ["newer", "-3.12"])
    monkeypatch.setattr(sys, "version_info", (3, 8, 0))
    called: list[list[str]] = []
    monkeypatch.setattr(subprocess, "call", lambda command: called.append(command) or 0)
    assert bootstrap.main(["test", "-x"]) == 0
    assert called == [["newer", "-3.12", str(BOOTSTRAP), "test", "-x"]]


def test_a_name_on_the_path_that_does_not_run_is_passed_over(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A version manager such as pyenv puts names on the PATH for Pythons that are not there."""
    _program(tmp_path / "python3.13", "echo 'pyenv: python3.13: command not found' >&2; exit 127")
    _program(tmp_path / "python3.12", f'exec "{sys.executable}" "$@"')
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert bootstrap.another_python() == [str(tmp_path / "python3.12")]


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_make_without_any_python_says_what_to_install(tmp_path: Path) -> None:
    for tool in ("sh", "echo", "test"):
        (tmp_path / tool).symlink_to(str(shutil.which(tool)))
    done = subprocess.run(
        [str(shutil.which("make")), "lab"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode != 0
    assert "There is no python3 on the PATH. Install Python 3.11" in done.stderr


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_make_alone_explains_every_word_it_knows() -> None:
    done = subprocess.run(["make"], capture_output=True, text=True, cwd=ROOT, check=True)
    words = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert words >= {"lab", "test", "help"}
    for word in words - {"python", "tools"}:  # what the others begin with
        assert f"make {word} " in done.stdout


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
def test_a_set_up_that_was_broken_off_is_taken_up_again_by_every_word(tmp_path: Path) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "bootstrap.py").write_text(
        "import sys; sys.exit(f'still missing for {sys.argv[1]}: PyTorch')"
    )
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    for tool in ("ruff", "python"):
        _program(tmp_path / ".venv" / "bin" / tool, "echo ran without PyTorch")
    for word in ("check", "types", "print", "grade", "bench"):
        done = subprocess.run(["make", word], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode != 0
        assert "still missing for setup: PyTorch" in done.stderr
        assert "ran without" not in done.stdout


def _program(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n", "utf-8")
    path.chmod(0o755)
    assert os.access(path, os.X_OK)
