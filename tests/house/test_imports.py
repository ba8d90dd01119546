"""Rules 8 and 9: imports flow one way (see also the contracts in pyproject.toml), and importing changes nothing."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest

import srkit
from tests.house._code import PAPERS, ROOT, SRKIT, nodes, registers_a_network, relative, tree

HEAVY = ("IPython", "anywidget", "h5py", "ipywidgets", "matplotlib", "nbgrader", "pandas", "pytest", "pywt")
HEAVY += ("diffusers", "distributed", "scipy", "skimage", "tensorboard", "torchvision", "transformers")
_FILES = set(SRKIT)


def test_no_network_file_imports_another_network_file() -> None:
    papers = {path.stem for path in PAPERS if registers_a_network(path)}
    assert len(papers) >= 2
    guilty = {
        relative(path): sorted(found)
        for path in PAPERS
        if registers_a_network(path) and (found := {name.split(".")[2] for name in _srkit_models(path)} & papers)
    }
    assert not guilty, f"what two networks share belongs in srkit/layers: {guilty}"


def test_the_library_never_imports_what_is_built_on_top_of_it() -> None:
    above = {"autograder", "tests", "tools", "benchmarks", "lessons", "solutions"}
    guilty = [f"{relative(path)}: {name}" for path in SRKIT for name in _imported(path) if name.split(".")[0] in above]
    assert not guilty


@pytest.mark.processes
def test_importing_every_module_changes_nothing_and_loads_nothing_heavy(tmp_path: Path) -> None:
    report = _watch(_modules(), tmp_path)
    assert report["changed"] == []
    assert not set(HEAVY) & set(report["loaded"]), "import these inside the function that needs them"


@pytest.mark.processes
def test_importing_srkit_alone_does_not_even_load_torch(tmp_path: Path) -> None:
    code = "import sys, srkit; print('torch' in sys.modules, 'numpy' in sys.modules, len(sys.modules) < 120)"
    done = subprocess.run([sys.executable, "-I", "-c", code], capture_output=True, text=True, cwd=tmp_path, check=True)
    assert done.stdout.split() == ["False", "False", "True"]


def test_every_file_that_registers_something_is_imported_by_its_room() -> None:
    """A forgotten line leads to "There is no loss called ..." far away from the file in which the loss stands."""
    filing = [path for path in SRKIT if _registers(path)]
    assert {path.parent.name for path in filing} >= {"models", "losses", "degrade", "metrics", "methods"}
    lines = [
        f"{relative(path)} registers something and nothing imports it: add a line for it to "
        f"{relative(path.with_name('__init__.py'))}"
        for path in filing
        if path not in _loaded_by(path.with_name("__init__.py"))
    ]
    assert not lines, "\n".join(lines)


def test_a_file_that_registers_is_known_by_its_decorators_and_its_calls() -> None:
    assert _registers(ROOT / "srkit" / "losses" / "pixel.py")
    assert _registers(ROOT / "srkit" / "models" / "espcn.py")
    assert not _registers(ROOT / "srkit" / "exercises" / "psnr.py"), "its room files every exercise that lies there"
    assert not _registers(ROOT / "srkit" / "losses" / "_registry.py")


def test_every_public_name_of_srkit_can_be_had() -> None:
    assert not [name for name in srkit.__all__ if not hasattr(srkit, name)]


@pytest.mark.processes
def test_every_room_can_be_imported_first_and_alone(tmp_path: Path) -> None:
    """A circle of imports shows only in the order in which nobody tried it."""
    rooms = sorted({name for name in _modules() if name.count(".") <= 1})
    assert {"srkit", "srkit.ops", "srkit.models", "srkit.widgets", "srkit.errors"} <= set(rooms)
    program = f"""
import importlib, sys, traceback
import torch, numpy  # once; what is imported anew for each room is srkit
for room in {rooms}:
    for name in [name for name in sys.modules if name.split(".")[0] == "srkit"]:
        del sys.modules[name]
    try:
        importlib.import_module(room)
    except Exception:
        print(room, traceback.format_exc())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr


def _watch(modules: list[str], folder: Path) -> dict[str, list[str]]:
    command = [sys.executable, str(Path(__file__).with_name("_watch.py")), *modules]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)
    assert done.returncode == 0, done.stderr
    result: dict[str, list[str]] = json.loads(done.stdout)
    return result


def _modules() -> list[str]:
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in SRKIT]
    return [name.removesuffix(".__init__") for name in names if not name.endswith("__main__")]


def _imported(path: Path) -> list[str]:
    return _names(nodes(path))


def _names(statements: Iterable[ast.AST]) -> list[str]:
    found = []
    for node in statements:
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def _registers(path: Path) -> bool:
    """Tell whether importing a file puts something into a registry."""
    said = [ast.unparse(d) for node in tree(path).body for d in getattr(node, "decorator_list", ())]
    said += [ast.unparse(node.value) for node in tree(path).body if isinstance(node, ast.Assign | ast.Expr)]
    return any(re.match(r"(\w+\.)?(register\w*|add)\(", word) for word in said)


@cache
def _loaded_by(start: Path) -> set[Path]:
    """Return the files that importing one loads, itself included."""
    found, todo = set(), [start]
    while todo:
        path = todo.pop()
        if path not in found:
            found.add(path)
            parts = (name.split(".") for name in _names(tree(path).body) if name.startswith("srkit."))
            near = (ROOT.joinpath(*words[:end]) for words in parts for end in range(1, len(words) + 1))
            todo += [
                file for place in near for file in (place.with_suffix(".py"), place / "__init__.py") if file in _FILES
            ]
    return found


def _srkit_models(path: Path) -> list[str]:
    return [name for name in _imported(path) if name.startswith("srkit.models.") and name.split(".")[2] != path.stem]
