"""What a record's key is made of: everything that could change a score, and nothing else."""

from __future__ import annotations

import ast
import hashlib
import json
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import fields
from functools import lru_cache
from pathlib import Path

import numpy
import torch

from autograder.limits import Limits
from autograder.masks import ROOT
from srkit.exercises import EXERCISES

__all__ = ["engine_files", "record_key", "submission_hash"]


def submission_hash(data: bytes) -> str:
    """Return the SHA-256 of a submission's bytes."""
    return hashlib.sha256(data).hexdigest()


def record_key(submission: str, exercises: Sequence[str], seed: int, limits: Limits) -> str:
    """Return the SHA-256 of (submission, definitions of the exercises, environment, seed, limits, library, engine).

    Another exercise's definition, the pages and the command line are not in it: changing those changes no score.
    """
    environment = [platform.python_version(), platform.machine(), torch.__version__, numpy.__version__]
    asked = [[name, _definition(name), _said(name)] for name in exercises]
    parts = [submission, asked, _common(), environment, seed, limits.to_dict()]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@lru_cache
def _definition(exercise: str) -> str:
    """Return a digest of one exercise: what defines and what performs it, and what is recorded of its references."""
    definition = EXERCISES.get(exercise)
    modules = (sys.modules[function.__module__] for function in (definition.cases, definition.perform))
    files = [Path(str(module.__file__)) for module in modules]
    return _digest([*files, ROOT / "exercises" / "references" / f"{exercise}.json"])


def _said(exercise: str) -> dict[str, str]:
    """Return what one exercise asks and what is said about answers to it, which stands in its lesson's file."""
    definition = EXERCISES.get(exercise)
    code = {"cases", "perform", "references", "slips"}
    said = {field.name: repr(getattr(definition, field.name)) for field in fields(definition) if field.name not in code}
    return said | {f"slip {name}": slip.message for name, slip in definition.slips.items()}


@lru_cache
def _common() -> str:
    """Return a digest of what every exercise depends on: the library without the exercises, and the engine."""
    data, exercises = ROOT / "_data", ROOT / "exercises"
    rooms = (p for p in ROOT.rglob("*.py") if not p.is_relative_to(data) and not p.is_relative_to(exercises))
    shared = (path for path in exercises.glob("_*.py") if path.name != "__init__.py")
    return _digest([*rooms, *shared, exercises / "_beside" / "__init__.py", *engine_files()])


def engine_files() -> list[Path]:
    """Return the files of the engine: ``engine.py``, the boxes, what they import, and what runs in a box."""
    here = Path(__file__).resolve().parent
    waiting, found = ["engine", "sandboxes"], set((here / "inside").glob("*.py"))
    while waiting:
        path = here / f"{waiting.pop()}.py"
        if path.is_file() and path not in found:
            found.add(path)
            nodes = ast.walk(ast.parse(path.read_text("utf-8")))
            names = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
            waiting += [name.split(".")[1] for name in names if name.startswith("autograder.")]
    return sorted(found)


def _digest(paths: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in paths if path.is_file()):
        digest.update(f"{path.parent.name}/{path.name}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
