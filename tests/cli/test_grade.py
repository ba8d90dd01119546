"""Whoever grades may stand among hand-ins: nothing there may be run or imported."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from srkit import _home
from srkit.cli.grade import grader_environment
from srkit.errors import BadInput
from tests.house._code import ROOT, relative, tracked

TRAP = "raise SystemExit('a file of the folder was run: ' + __file__)\n"
NAMES = ("autograder", "tools", "srkit_trap", "click", "numpy", "torch", "json", "nbgrader", "jupyterlab", "traitlets")


@pytest.fixture
def trap(tmp_path: Path) -> Path:
    """A submission that was unpacked: programs under the names that are imported, here and above."""
    folder = tmp_path / "submitted" / "mallory"
    for place in (folder, folder.parent, tmp_path):
        for name in NAMES:
            (place / name).mkdir(parents=True)
            for file in ("__init__.py", "__main__.py"):
                (place / name / file).write_text(TRAP)
        (place / "pyproject.toml").write_text("")
    return folder


@pytest.mark.parametrize("words", [("grade", "--help"), ("doctor", "--quick"), ("--help",)], ids=" ".join)
def test_no_program_of_the_folder_one_stands_in_or_above_it_is_run(trap: Path, words: tuple[str, ...]) -> None:
    command = [sys.executable, "-P", "-c", "import sys\nfrom srkit.__main__ import main\nmain(sys.argv[1:])", *words]
    done = subprocess.run(command, cwd=trap, capture_output=True, text=True, check=False)
    assert "was run" not in done.stdout + done.stderr
    assert len(done.stdout.splitlines()) > 8


def test_python_dash_m_imports_nothing_from_the_current_folder_either(trap: Path) -> None:
    command = [sys.executable, "-m", "srkit", "grade", "--lesson", "98"]
    done = subprocess.run(command, cwd=trap, capture_output=True, text=True, check=False)
    assert "was run" not in done.stdout + done.stderr
    assert "no lesson 98" in done.stderr


@pytest.mark.parametrize("code", ["import srkit_trap", "import autograder, sys; sys.exit(autograder.__file__)"])
def test_the_processes_the_grader_starts_do_not_see_the_current_folder(trap: Path, code: str) -> None:
    path = os.pathsep.join(["", ".", "relative", "/absolute"])
    environment = grader_environment(_home.grader(), {**os.environ, "PYTHONPATH": path})
    assert environment["PYTHONPATH"] == os.pathsep.join([str(ROOT), "/absolute"])
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=trap, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert str(trap.parents[1]) not in done.stderr


def test_every_python_that_a_command_starts_leaves_the_current_folder_off_its_path() -> None:
    started = [
        (relative(path), [ast.unparse(element) for element in node.elts[:2]])
        for path in tracked()
        if relative(path).startswith("srkit/") and path.suffix == ".py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.List) and node.elts and ast.unparse(node.elts[0]) == "sys.executable"
    ]
    assert len(started) >= 4
    assert not [(file, words) for file, words in started if words[1:] != ["'-P'"]]


def test_an_installation_without_its_grader_says_so(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"Install it again: srkit\[lab\]"):
        grader_environment(tmp_path, {})
