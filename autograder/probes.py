"""Cut the half of an exercise that runs beside student code out of the file that also holds the answer.

``perform`` of an exercise and ``measure`` stand in modules that hold references, tolerances and slips as well. What
goes into the box is their source alone, with the helpers they name and nothing else.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import sys
from collections.abc import Iterator
from functools import lru_cache
from types import ModuleType

from srkit.exercises import EXERCISES, measure

__all__ = ["probe_of"]

_OPEN = "srkit.exercises"  # what comes from here is copied, everything else is imported


@lru_cache
def probe_of(exercise: str) -> str:
    """Return the source of a module that defines ``measure`` and the exercise's ``perform``, by that name.

    Raises:
        ValueError: ``perform`` needs a reference or a slip, which would carry the answer into the box.
    """
    definition = EXERCISES.get(exercise)
    collected: dict[tuple[str, str], str] = {}
    for function in (measure, definition.perform):
        _collect(sys.modules[function.__module__], function.__name__, collected)
    answers = {*definition.references, *(slip.wrong for slip in definition.slips if slip.wrong)}
    secret = {(answer.__module__, answer.__qualname__) for answer in answers} & collected.keys()
    if secret:
        raise ValueError(f"perform of the exercise {exercise!r} uses {sorted(secret)}, which is an answer to it.")
    names = [name for _, name in collected]
    twice = {
        name for name in names if names.count(name) > 1 and len({collected[k] for k in collected if k[1] == name}) > 1
    }
    if twice:
        raise ValueError(f"perform of the exercise {exercise!r} and what it uses define {sorted(twice)} differently.")
    body = "\n\n".join(dict.fromkeys(collected.values()))
    return f"from __future__ import annotations\n\n{body}\n\nperform = {definition.perform.__name__}\n"


def _collect(module: ModuleType, name: str, collected: dict[tuple[str, str], str]) -> None:
    """Add the statement that binds ``name`` in ``module``, after those it needs."""
    if (module.__name__, name) in collected or hasattr(builtins, name):
        return
    statement = _statements(module).get(name)
    if statement is None:
        raise ValueError(f"{module.__name__} does not define {name!r} at its top level.")
    if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith(_OPEN):
        alias = next(alias for alias in statement.names if (alias.asname or alias.name) == name)
        _collect(sys.modules[str(statement.module)], alias.name, collected)
        if alias.asname and alias.asname != alias.name:
            collected[module.__name__, name] = f"{name} = {alias.name}"
        return
    if isinstance(statement, ast.Import | ast.ImportFrom):
        alias = next(alias for alias in statement.names if (alias.asname or alias.name.split(".")[0]) == name)
        one = ast.Import([alias]) if isinstance(statement, ast.Import) else ast.ImportFrom(statement.module, [alias], 0)
        collected[module.__name__, name] = ast.unparse(one)
        return
    collected[module.__name__, name] = ""  # it may name itself
    for needed in sorted(set(_needs(statement))):
        if needed in _statements(module):
            _collect(module, needed, collected)
    del collected[module.__name__, name]  # after what it needs
    collected[module.__name__, name] = ast.unparse(statement)


@lru_cache
def _statements(module: ModuleType) -> dict[str, ast.stmt]:
    """Return top-level name -> the statement that binds it."""
    found: dict[str, ast.stmt] = {}
    for statement in ast.parse(inspect.getsource(module)).body:
        if isinstance(statement, ast.FunctionDef | ast.ClassDef):
            found[statement.name] = statement
        elif isinstance(statement, ast.Import | ast.ImportFrom):
            found |= {(alias.asname or alias.name.split(".")[0]): statement for alias in statement.names}
        elif isinstance(statement, ast.Assign):
            found |= {target.id: statement for target in statement.targets if isinstance(target, ast.Name)}
        elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name) and statement.value:
            found[statement.target.id] = statement
    return found


def _needs(node: ast.AST) -> Iterator[str]:
    """Yield the names a statement reads, annotations left out: they are never evaluated."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield node.id
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST):
                yield from _needs(child)
