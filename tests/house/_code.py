"""What the house rules are read from: the source files, as text and as syntax trees."""

from __future__ import annotations

import ast
import gc
import subprocess
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def _python(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


SRKIT = _python("srkit")
LIBRARY = _python("srkit", "autograder", "tools")
OFFERED = [  # mutants are wrong answers, written as students do; what runs beside one has the name of its exercise
    path for path in LIBRARY if not {"mutants", "_beside"} & {*path.relative_to(ROOT).parts}
]
TESTS = sorted(path for path in _python("tests") if path.name.startswith("test_"))
PAPERS = sorted(path for path in (ROOT / "srkit" / "models").glob("[a-z]*.py"))


@cache
def tree(path: Path) -> ast.Module:
    """Return the syntax tree of a file; an empty one where it does not parse, which a test of its own reports."""
    gc.disable()  # half a million objects that all stay: collecting takes longer than parsing
    try:
        return ast.parse(path.read_text("utf-8"), filename=str(path))
    except SyntaxError:
        return ast.Module([], [])
    finally:
        gc.enable()
        gc.freeze()


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Return every node of a file's syntax tree."""
    return tuple(ast.walk(tree(path)))


@cache
def lines(path: Path) -> tuple[str, ...]:
    """Return the lines of a file."""
    return tuple(path.read_text("utf-8").splitlines())


def relative(path: Path) -> str:
    """Return a path as a person would type it in the project folder."""
    return path.relative_to(ROOT).as_posix()


def functions(paths: Iterable[Path]) -> Iterator[tuple[str, Function]]:
    """Yield ``("file:line name", node)`` for every function and method."""
    for path in paths:
        for node in nodes(path):
            if isinstance(node, Function):
                yield f"{relative(path)}:{node.lineno} {node.name}", node


def registers_a_network(path: Path) -> bool:
    """Tell whether a file puts a network on the shelf."""
    return bool(registrations(path)) or any(
        isinstance(node, ast.ClassDef) and any("register_model" in ast.unparse(d) for d in node.decorator_list)
        for node in tree(path).body
    )


def registrations(path: Path) -> list[ast.Expr]:
    """Return the statements ``register_model(...)(Network)`` of a file."""
    return [
        node
        for node in tree(path).body
        if isinstance(node, ast.Expr) and ast.unparse(node.value).startswith("register_model(")
    ]


@cache
def tracked() -> tuple[Path, ...]:
    """Return the files git knows or would add; in an unpacked archive without git, all files."""
    command = ["git", "-C", str(ROOT), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return tuple(sorted(path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()))
    hidden = {".venv", ".git", "__pycache__"}
    return tuple(sorted(p for p in ROOT.rglob("*") if p.is_file() and not hidden & set(p.relative_to(ROOT).parts)))
