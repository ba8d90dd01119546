"""What the box is given: the library without what the exercise asks for, and the files that run beside student code.

A hidden function or class keeps its place, so that everything beside it can be imported, and says when it is used that
the student writes it. Its own code is in no file that the student's process can reach.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import srkit
from srkit.exercises import EXERCISES, measure

__all__ = ["beside", "hidden_names", "library", "masked"]

ROOT = Path(srkit.__file__).resolve().parent
_KINDS = {".py", ".typed", ".css", ".js", ".toml", ".html"}


@lru_cache
def beside(exercise: str) -> tuple[tuple[str, str], ...]:
    """Return (module, text) of the two files that run an answer: that of ``measure`` and that of ``perform``, whole.

    Raises:
        ValueError: there is an answer in one of them.
    """
    definition = EXERCISES.get(exercise)
    modules = (measure.__module__, definition.perform.__module__)
    slips = (part for slip in definition.slips.values() for part in (slip.wrong, slip.sign) if part)
    if told := [one for one in (definition.cases, *definition.references, *slips) if one.__module__ in modules]:
        raise ValueError(
            f"perform of the exercise {exercise!r} shares its file with {told[0].__qualname__!r}, which is for the "
            "grader alone. Put perform into a file that imports and defines no answer, as srkit/exercises/_beside/ has."
        )
    return tuple((module, inspect.getsource(sys.modules[module])) for module in modules)


def hidden_names(exercise: str) -> frozenset[str]:
    """Return what must not be had while this exercise runs, as ``"module:name"``.

    These are the references that the library holds, and what the exercise names in ``hides``.
    """
    definition = EXERCISES.get(exercise)
    references = ((reference.__module__, reference.__qualname__) for reference in definition.references)
    found = {f"{module}:{name}" for module, name in references if _is_the_librarys(module)}
    return frozenset({*found, *definition.hides})


def _is_the_librarys(module: str) -> bool:
    return module.startswith("srkit.") and not module.startswith("srkit.exercises")


@lru_cache
def library() -> dict[str, str]:
    """Return path -> text of every file of the library that may be read in the box: not of the exercises."""
    found = {}
    for path in sorted(ROOT.rglob("*")):
        place = path.relative_to(ROOT)
        if path.suffix in _KINDS and place.parts[0] not in ("exercises", "_data"):
            found[f"srkit/{place.as_posix()}"] = path.read_text(encoding="utf-8")
    return found


@lru_cache
def masked(hidden: frozenset[str]) -> dict[str, str]:
    """Return path -> text of the files that hold a hidden name, with that name made useless.

    Raises:
        ValueError: there is no such name.
    """
    by_module: dict[str, set[str]] = {}
    for entry in hidden:
        module, _, name = entry.partition(":")
        by_module.setdefault(module, set()).add(name)
    return {_path(module): _without(_path(module), names) for module, names in by_module.items()}


def _path(module: str) -> str:
    found = importlib.util.find_spec(module) if module.split(".")[0] == "srkit" else None
    if found is None or found.origin is None:
        raise ValueError(f"An exercise hides a name of {module!r}, which is no module of the library.")
    return f"srkit/{Path(found.origin).resolve().relative_to(ROOT).as_posix()}"


def _without(path: str, names: Iterable[str]) -> str:
    tree = ast.parse(library()[path])
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.name in names]
    if left := sorted(set(names) - {node.name for node in found}):
        raise ValueError(f"An exercise hides {left} of {path}, which defines no function or class of that name.")
    for node in found:
        _make_useless(node)
    return ast.unparse(tree) + "\n"


def _make_useless(node: ast.FunctionDef | ast.ClassDef) -> None:
    """Keep kind, name, decorators, signature and a class's plain attributes: the library looks at those on import."""
    told = f"{node.name} is what this exercise asks you to write, so the library's own is not here."
    if isinstance(node, ast.ClassDef):
        kept = [part for part in node.body if isinstance(part, ast.Assign | ast.AnnAssign | ast.FunctionDef)]
        node.body = [ast.Expr(ast.Constant(told)), *kept]
    for part in [node, *node.body]:
        if isinstance(part, ast.FunctionDef):
            part.body = ast.parse(f"raise RuntimeError({told!r})").body
