"""CONTRIBUTING.md is true: each recipe is carried out, block by block, in a copy of the project, its cost counted."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests._warm import warm
from tests.house._code import ROOT, tracked
from tests.house._markdown import Block, blocks, section

PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8") if (ROOT / "CONTRIBUTING.md").exists() else ""
RECIPES = re.findall(r"^## (Add .*)$", PAGE, re.MULTILINE)
HEAVY = ("docs/picture", "tests/browser/recorded")
OF_A_RUN = {"__pycache__", ".pytest_cache", "build", ".programs"}
KINDS = (
    "a network",
    "a loss",
    "a dataset",
    "a method",
    "a metric",
    "a degradation",
    "a lesson",
    "an exercise",
    "a widget",
)


@dataclass(frozen=True)
class Project:
    """A copy of the project in which all recipes are carried out, one after the other.

    Attributes:
        root: the folder.
        programs: the folder of its commands ``python`` and ``srkit``, which a Python that is warm already runs.
    """

    root: Path
    programs: Path

    @property
    def environment(self) -> dict[str, str]:
        """The variables of its commands: modules come from the copy."""
        here = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
        return here | {"PYTHONPATH": str(self.root), "OMP_NUM_THREADS": "1"}

    def run(self, script: str) -> None:
        """Run commands in the copy; ``srkit`` means the copy, not the installed one."""
        environment = {**self.environment, "PATH": f"{self.programs}{os.pathsep}{os.environ['PATH']}"}
        command = ["bash", "-eu", "-c", script]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.root, env=environment, check=False)
        assert done.returncode == 0, f"{script}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"

    def state(self) -> dict[str, str]:
        """Return name -> digest of every file, but for what each run leaves behind."""
        found = {}
        for folder, folders, files in os.walk(self.root):
            folders[:] = [name for name in folders if name not in OF_A_RUN]
            for path in (Path(folder) / name for name in files):
                found[path.relative_to(self.root).as_posix()] = hashlib.sha256(path.read_bytes()).hexdigest()
        return found


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A copy of the project, and the warm Python that runs its commands."""
    copy = tmp_path_factory.mktemp("project")
    for path in tracked():
        name = path.relative_to(ROOT).as_posix()
        if not name.startswith(HEAVY):
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy / name)
    with tempfile.TemporaryDirectory() as short:  # the name of a socket has at most 100 letters
        made, door = Project(copy, Path(short)), str(Path(short, "door"))
        with warm(door, "pytest", cwd=copy, env=made.environment) as python:
            _program(made.programs / "python", f'exec {shlex.join(python)} "$@"')
            _program(made.programs / "srkit", f'exec "{made.programs / "python"}" -m srkit "$@"')
            yield made


def test_there_is_a_recipe_for_everything_that_people_add() -> None:
    assert set(RECIPES) >= {f"Add {kind}" for kind in KINDS}


@pytest.mark.slow
@pytest.mark.parametrize("recipe", RECIPES)
def test_the_recipe_works_as_written_and_costs_what_it_says(recipe: str, project: Project) -> None:
    text = section(PAGE, recipe)
    steps, before = blocks(text), project.state()
    assert [step.language for step in steps][-1] == "sh", "a recipe ends with the commands that try it"
    written = [name for step in steps if (name := carry_out(step, project))]
    after = project.state()
    printed = sorted(name for name, digest in after.items() if before.get(name) != digest and name not in written)
    assert cost(steps, printed) in text.replace("\n", " "), "the page says another cost than was counted"


def test_a_cost_counts_new_files_lines_elsewhere_and_what_was_printed() -> None:
    steps = [
        Block("python", "x = 1\n", "Write `a/b.py`"),
        Block("diff", "--- a/c.py\n y\n+z\n+\n+w\n", ""),
        Block("toml", "\n[one]\ntwo = 3\n", "Append to `d.toml`"),
        Block("toml", "three = 3\n", "A file\n`e.toml` (here a\nnew one):"),
        Block("sh", "true\n", ""),
    ]
    assert cost(steps, []) == "Cost: 2 files, 4 lines elsewhere, nothing printed."
    assert cost(steps[:1], ["p.md"]) == "Cost: 1 file, 0 lines elsewhere, printed: `p.md`."


def cost(steps: list[Block], printed: list[str]) -> str:
    """Return what a recipe costs, as the page says it: blank lines are not counted, and no line of a new file."""
    files = sum(step.language == "python" or _is_new(step) for step in steps)
    added = [line[1:] for step in steps if step.language == "diff" for line in step.text.splitlines() if line[0] == "+"]
    added += [line for s in steps if s.language == "toml" and not _is_new(s) for line in s.text.splitlines()]
    lines = sum(bool(line.strip()) for line in added)
    prints = f"printed: {', '.join(f'`{name}`' for name in printed)}" if printed else "nothing printed"
    return f"Cost: {_count(files, 'file')}, {_count(lines, 'line')} elsewhere, {prints}."


def _is_new(step: Block) -> bool:
    """Tell whether a table is a file of its own rather than the end of one that is there."""
    return step.language == "toml" and "(here a new one)" in " ".join(step.before.split())


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def carry_out(step: Block, project: Project) -> str:
    """Do what a block says: write a file, insert lines, append, or run commands; return the file it changes by hand."""
    if step.language == "sh":
        project.run(step.text)
        return ""
    if step.language == "diff":
        return _insert(step.text, project.root)
    name = re.findall(r"`([\w/]+\.\w+)`", step.before)[-1 if step.language == "toml" else 0]
    path = project.root / name
    if step.language == "toml" and not _is_new(step):
        path.write_text(path.read_text("utf-8") + step.text, "utf-8")
    else:
        assert not path.exists(), f"{path.name}: a recipe must not overwrite anything"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(step.text, "utf-8")
    return name


def _insert(text: str, root: Path) -> str:
    head, *lines = text.splitlines()
    name = head.removeprefix("--- ")
    old = "".join(line[1:] + "\n" for line in lines if line[0] == " ")
    new = "".join(line[1:] + "\n" for line in lines)
    source = (root / name).read_text("utf-8")
    assert source.count(old) == 1, f"{head}: the lines to find are there {source.count(old)} times"
    (root / name).write_text(source.replace(old, new), "utf-8")
    return name


def _program(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n", "utf-8")
    path.chmod(0o755)
