"""CONTRIBUTING.md is true: each recipe is carried out, block by block, in a copy of the project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house._code import ROOT, tracked
from tests.house._markdown import Block, blocks, section

PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8") if (ROOT / "CONTRIBUTING.md").exists() else ""
RECIPES = re.findall(r"^## (Add .*)$", PAGE, re.MULTILINE)
HEAVY = ("docs/picture", "tests/browser/")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which all recipes are carried out, one after the other."""
    copy = tmp_path_factory.mktemp("project")
    for path in tracked():
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(HEAVY):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy / name)
    return copy


def test_there_are_recipes_for_what_people_add() -> None:
    assert {"Add a network", "Add a loss", "Add a dataset", "Add a lesson"} <= set(RECIPES)


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES)
def test_the_recipe_works_as_written(recipe: str, project: Path) -> None:
    steps = blocks(section(PAGE, recipe))
    assert len(steps) >= 3
    for step in steps:
        carry_out(step, project)


def test_a_network_touches_two_files_and_one_line() -> None:
    steps = blocks(section(PAGE, "Add a network"))
    files = [step for step in steps if step.language == "python"]
    lines = [line for step in steps if step.language == "diff" for line in step.text.splitlines() if line[:2] == "+ "]
    assert (len(files), len(lines)) == (2, 1)


def carry_out(step: Block, project: Path) -> None:
    """Do what a block says: write a file, insert lines, append, or run commands."""
    if step.language == "sh":
        _run(step.text, project)
    elif step.language == "diff":
        _insert(step.text, project)
    else:
        path = project / re.findall(r"`([\w/]+\.\w+)`", step.before)[-1 if step.language == "toml" else 0]
        if step.language == "toml":
            path.write_text(path.read_text("utf-8") + step.text, "utf-8")
        else:
            assert not path.exists(), f"{path.name}: a recipe must not overwrite anything"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(step.text, "utf-8")


def _insert(text: str, project: Path) -> None:
    head, *lines = text.splitlines()
    path = project / head.removeprefix("--- ")
    old = "".join(line[1:] + "\n" for line in lines if line[0] == " ")
    new = "".join(line[1:] + "\n" for line in lines)
    source = path.read_text("utf-8")
    assert source.count(old) == 1, f"{head}: the lines to find are there {source.count(old)} times"
    path.write_text(source.replace(old, new), "utf-8")


def _run(script: str, project: Path) -> None:
    """Run commands with the project's Python; ``srkit`` means the copy, not the installed one."""
    programs = project / ".programs"
    programs.mkdir(exist_ok=True)
    _program(programs / "srkit", f'exec "{sys.executable}" -m srkit "$@"')
    _program(programs / "python", f'exec "{sys.executable}" "$@"')
    environment = {**os.environ, "PYTHONPATH": str(project), "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    environment.pop("PYTEST_ADDOPTS", None)
    command = ["bash", "-eu", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, cwd=project, env=environment, check=False)
    assert done.returncode == 0, f"{script}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"


def _program(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n", "utf-8")
    path.chmod(0o755)
