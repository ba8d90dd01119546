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
import yaml

from tests.house._code import ROOT, relative, tracked

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
    for name in ("srkit", "srkit-dev"):
        monkeypatch.setenv("CONDA_DEFAULT_ENV", name)
        assert setup.conda_environment() == tmp_path


def test_a_students_conda_environment_serves_the_lab_and_is_told_what_the_tests_need_besides(
    setup: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = "jupyterlab hatchling"
    installs: list[tuple[str, ...]] = []
    monkeypatch.setenv("CONDA_DEFAULT_ENV", "srkit")
    monkeypatch.setattr(setup, "conda_environment", lambda: tmp_path)
    monkeypatch.setattr(setup, "output", lambda _, code: there if "find_spec" in code else "0.1.0")
    monkeypatch.setattr(setup._torch, "installed", lambda _: ("2.13.0", tmp_path))
    monkeypatch.setattr(setup, "pip", lambda _, *arguments, **__: installs.append(arguments))
    setup.prepare("lab")
    setup.prepare("lab")
    assert len(installs) == 1
    with pytest.raises(setup.Stop, match=r"lacks nbgrader and pytest\. Run: conda env update -f environment-dev\.yml"):
        setup.prepare("test")


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


def test_packages_of_npm_are_installed_into_the_build_folder_by_anybody_who_has_npm(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    system = importlib.import_module("_system")
    monkeypatch.setattr(system, "missing", lambda table: {"axe": {"npm": "axe-core@4"}})
    monkeypatch.setattr(system.shutil, "which", lambda name: None)
    ran: list[list[str]] = []
    done = SimpleNamespace(stderr="npm error network", returncode=1)
    monkeypatch.setattr(system.subprocess, "run", lambda command, **_: ran.append(command) or done)
    system.provide()
    assert ran == []
    assert "npm, which is not there" in capsys.readouterr().out
    monkeypatch.setattr(system.shutil, "which", lambda name: f"/usr/bin/{name}")
    system.provide()
    assert [command[0] for command in ran] == ["/usr/bin/npm"]
    assert ran[0][-1] == "axe-core@4"
    assert str(ROOT / "build" / "npm") in ran[0]
    assert "npm error network" in capsys.readouterr().out


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)
def test_a_lock_has_hashes_for_everything_and_pytorch_for_nothing(lock: Path) -> None:
    text = lock.read_text("utf-8")
    pins = PIN.findall(text)
    assert len(pins) > 100
    assert len(pins) == sum(1 for line in text.splitlines() if re.match(r"[a-z0-9]", line)), "a line without a hash"
    names = {name for name, _, _ in pins}
    assert not {name for name in names if re.match(r"torch$|nvidia|triton", name)}
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


def test_conda_users_get_the_locked_packages_from_conda_forge_alone() -> None:
    lock = importlib.import_module("lock")
    for name, file in lock.CONDA_FILES.items():
        text = file.read_text("utf-8")
        assert text == lock.conda(name), "run: make lock"
        environment = yaml.safe_load(text)
        assert environment["channels"] == ["conda-forge", "nodefaults"]
        assert all(re.fullmatch(r"[a-z0-9-]+ =\d+\.\d+|pip", entry) for entry in environment["dependencies"])


def test_students_get_what_the_lessons_need_and_developers_all_of_it_and_the_tests() -> None:
    lock = importlib.import_module("lock")
    students, developers = (set(yaml.safe_load(lock.conda(name))["dependencies"]) for name in ("lab", "test"))
    assert students < developers
    names = {entry.partition(" ")[0] for entry in students}
    assert {"pytorch-cpu", "jupyterlab", "anywidget", "matplotlib-base"} <= names
    assert not {"pytest", "ruff", "nbgrader", "psycopg", "diffusers", "distributed", "torchvision"} & names
    assert f"torchvision ={importlib.import_module('_torch').TORCHVISION.rpartition('.')[0]}" in developers


def test_torchvision_is_locked_at_the_version_that_was_built_with_the_pytorch_that_is_installed() -> None:
    torch = importlib.import_module("_torch")
    (_, minor, _), (_, beside, _) = (map(int, text.split(".")) for text in (torch.VERSION, torch.TORCHVISION))
    assert beside == minor + 15  # torchvision 0.15 was the first beside PyTorch 2
    pins = {name: version for name, version, _ in PIN.findall((ROOT / "requirements/test.lock").read_text("utf-8"))}
    assert pins["torchvision"] == torch.TORCHVISION


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_what_ci_runs_is_the_command_the_readme_gives() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert subprocess.run(["bash", "-n", str(ROOT / ".ci" / "run")], check=False).returncode == 0
    assert "\nmake test\n" in script
    apart = re.findall(r'make test ARGS="(?:-n 0 )?(.+)"$', script, re.MULTILINE)
    beside = {relative(path) for path in tracked() if relative(path).startswith("tests/") and _has_tests(path)}
    run = {relative(path) for word in " ".join(apart).split() for path in ROOT.glob(word)}
    assert run == {name for name in beside if not name.rpartition("/")[2].startswith("test_")}
    assert "make test" in (ROOT / "README.md").read_text("utf-8")


def _has_tests(path: Path) -> bool:
    return path.suffix == ".py" and re.search(r"^def test_", path.read_text("utf-8"), re.MULTILINE) is not None


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
