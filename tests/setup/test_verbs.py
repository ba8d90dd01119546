"""What ``lab`` and ``test`` do once the environment is there, and the locks they install from."""

from __future__ import annotations

import importlib
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.house._code import ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
PIN = re.compile(r"^([a-z0-9-]+)==([^ ]+)( ; [^\\]+)? \\$", re.MULTILINE)


@pytest.fixture
def setup() -> ModuleType:
    """The module under test."""
    return importlib.import_module("_setup")


def test_a_second_call_installs_nothing(setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installs = _watch_installs(setup, tmp_path, monkeypatch)
    setup.prepare("test")
    assert len(installs) == 2
    setup.prepare("test")
    setup.prepare("lab")
    assert len(installs) == 2


def test_an_environment_for_the_lab_is_completed_when_the_tests_are_asked_for(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installs = _watch_installs(setup, tmp_path, monkeypatch)
    setup.prepare("lab")
    setup.prepare("test")
    assert [arguments[-1] for arguments in installs[::2]] == [str(setup.LOCKS["lab"]), str(setup.LOCKS["test"])]


def test_an_interrupted_installation_is_not_taken_for_a_complete_one(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installs = _watch_installs(setup, tmp_path, monkeypatch)
    monkeypatch.setattr(setup._torch, "provide", _interrupt)
    with pytest.raises(KeyboardInterrupt):
        setup.prepare("lab")
    monkeypatch.setattr(setup._torch, "provide", lambda *_: "PyTorch")
    setup.prepare("lab")
    assert len(installs) == 3


def test_a_stop_is_one_sentence_on_stderr_and_exit_code_two(
    setup: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def prepare(_: str) -> None:
        raise setup.Stop("The disk is full. Free some.")

    monkeypatch.setattr(setup, "prepare", prepare)
    assert setup.run("lab", []) == 2
    assert capsys.readouterr().err.strip() == "Cannot go on: The disk is full. Free some."


def test_a_conda_environment_of_another_name_is_not_touched(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "conda-meta").mkdir()
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setenv("CONDA_PREFIX", str(tmp_path))
    monkeypatch.setenv("CONDA_DEFAULT_ENV", "base")
    assert setup.conda_environment() is None
    monkeypatch.setenv("CONDA_DEFAULT_ENV", "srkit")
    assert setup.conda_environment() == tmp_path


def test_missing_system_packages_are_installed_only_by_root_with_apt(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    system = importlib.import_module("_system")
    monkeypatch.setattr(system, "missing", lambda table: {"bubblewrap": {"package": "bubblewrap"}})
    monkeypatch.setattr(system.shutil, "which", lambda name: f"/usr/bin/{name}" if name == "apt-get" else None)
    ran: list[list[str]] = []
    done = SimpleNamespace(stderr="E: Unable to locate package", returncode=100)
    monkeypatch.setattr(system.subprocess, "run", lambda command, **_: ran.append(command) or done)
    monkeypatch.setattr(system.os, "geteuid", lambda: 1000)
    system.provide()
    assert ran == []
    assert "sudo apt-get install bubblewrap" in capsys.readouterr().out
    monkeypatch.setattr(system.os, "geteuid", lambda: 0)
    system.provide()
    assert [command[:2] for command in ran] == [["apt-get", "update"], ["apt-get", "install"]]
    assert "Unable to locate package" in capsys.readouterr().out


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_a_lock_has_hashes_for_everything_and_pytorch_for_nothing(lock: Path) -> None:
    text = lock.read_text("utf-8")
    pins = PIN.findall(text)
    assert len(pins) > 100
    assert len(pins) == sum(1 for line in text.splitlines() if re.match(r"[a-z0-9]", line)), "a line without a hash"
    names = {name for name, _, _ in pins}
    assert not {name for name in names if name.startswith(("torch", "nvidia", "triton"))}
    assert {"sympy", "networkx", "jinja2", "filelock", "fsspec", "typing-extensions", "hatchling", "editables"} <= names
    assert "://" not in text, "no address of any package index"


def test_the_locks_agree_with_each_other_and_with_what_the_project_asks_for() -> None:
    pins = {lock.stem: {(n, v, m) for n, v, m in PIN.findall(lock.read_text("utf-8"))} for lock in LOCKS}
    assert pins["lab"] <= pins["test"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    for stem, wanted in {"lab": extras["lab"], "test": extras["lab"] + extras["dev"]}.items():
        names = {re.split(r"[<>=\[ ;]", r, maxsplit=1)[0].lower() for r in [*project["dependencies"], *wanted]}
        assert names - {"torch"} <= {name for name, _, _ in pins[stem]}, "run: make lock"


def test_conda_users_get_the_same_packages_from_conda_forge_alone() -> None:
    text = (ROOT / "environment.yml").read_text("utf-8")
    assert re.search(r"channels:\n  - conda-forge\n  - nodefaults\n", text)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["lab"], *extras["dev"]]
    renamed = {"torch": "pytorch-cpu", "matplotlib": "matplotlib-base"}
    for requirement in wanted:
        name, _, bound = requirement.partition(">=")
        line = f"  - {renamed.get(name, name).lower()}" + (f" >={bound}" if bound else "")
        assert re.search(rf"^{re.escape(line)}\s*(#.*)?$", text, re.MULTILINE), line


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_what_ci_runs_is_the_command_the_readme_gives() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")], check=False).returncode == 0
    assert script.rstrip().endswith("exec make test")
    assert "make test" in (ROOT / "README.md").read_text("utf-8")


def _watch_installs(setup: ModuleType, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """Let everything be as it is but the downloads."""
    installs: list[tuple[str, ...]] = []
    here = importlib.import_module("_environment").Environment(Path(sys.executable), folder)
    monkeypatch.setattr(setup, "make", lambda _: here)
    monkeypatch.setattr(setup, "conda_environment", lambda: None)
    monkeypatch.setattr(setup, "pip", lambda _, *arguments, **__: installs.append(arguments))
    monkeypatch.setattr(setup._torch, "provide", lambda *_: "PyTorch")
    return installs


def _interrupt(*_: Any) -> str:
    raise KeyboardInterrupt
