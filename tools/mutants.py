"""Plant faults in a copy of the library, one at a time, and see whether the tests of the room find them.

``python tools/mutants.py --seed 1 --each 4 metrics losses`` draws four faults in each of two rooms: a sign, a factor, a
limit, an axis, a number or a term that is lost. Which ones is decided by the seed, the source and nothing else. What no
test finds is printed with its line. A person then decides whether it changes nothing that matters, or needs a test.
The project itself is never touched.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
GRADER = "autograder"
WRONG = ROOT / GRADER / "mutants"  # answers that are wrong on purpose
SWAPPED = {ast.Add: "-", ast.Sub: "+", ast.Mult: "/", ast.Div: "*", ast.Mod: "+", ast.FloorDiv: "*"}
LIMITS = {ast.Lt: "<=", ast.LtE: "<", ast.Gt: ">=", ast.GtE: ">", ast.Eq: "!=", ast.NotEq: "=="}
AXES = {"-1": "-2", "-2": "-1"}
OPERATORS = [b"+", b"-", b"*", b"/", b"%", b"//", b"<", b"<=", b">", b">=", b"==", b"!="]
TALK = (ast.Raise, ast.JoinedStr, ast.Assert)  # what an error says is not arithmetic
PATIENCE = 900  # seconds: an endless loop is a fault that was found


@dataclass(frozen=True)
class Fault:
    """One change of one file: the bytes from ``start`` to ``end`` become ``new``."""

    file: Path
    start: int
    end: int
    new: str

    def plant(self, source: bytes) -> bytes:
        """Return the source with the fault in it."""
        return source[: self.start] + self.new.encode() + source[self.end :]

    def describe(self, source: bytes) -> str:
        """Return file, line, and the line before and after."""
        number = source.count(b"\n", 0, self.start)
        before, after = (text.splitlines()[number].strip().decode() for text in (source, self.plant(source)))
        return f"{self.file.as_posix()}:{number + 1}\n    - {before}\n    + {after}"


def faults(file: Path, source: bytes) -> list[Fault]:
    """Return every fault that can be planted in the functions of a file."""
    starts = [0, *accumulate(len(line) for line in source.splitlines(keepends=True))]
    found = []
    for node in _arithmetic(ast.parse(source)):
        for first, last, new in _changes(node):
            start, end = (starts[line - 1] + column for line, column in (first, last))
            old = source[start:end].strip()
            whole = isinstance(node, ast.UnaryOp | ast.Constant) or (not new and old[:1] in b"+-")
            if whole or old in OPERATORS:  # else a bracket is in the way
                found.append(Fault(file, start, end, new))
    return found


def _arithmetic(tree: ast.Module) -> Iterator[ast.AST]:
    """Yield the nodes of all function bodies but what errors say."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    inner = {child for function in functions for child in ast.walk(function) if child is not function}
    waiting: list[ast.AST] = [line for function in functions if function not in inner for line in function.body]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, TALK):
            continue
        yield node
        if not (isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant)):
            waiting.extend(ast.iter_child_nodes(node))


def _changes(node: ast.AST) -> Iterator[tuple[tuple[int, int], tuple[int, int], str]]:
    """Yield where each change of a node begins and ends, and what then stands there."""
    if isinstance(node, ast.BinOp) and type(node.op) in SWAPPED:
        yield _end(node.left), _start(node.right), f" {SWAPPED[type(node.op)]} "
        if isinstance(node.op, ast.Add | ast.Sub):
            yield _end(node.left), _end(node), ""  # the second term is lost
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in LIMITS:
        yield _end(node.left), _start(node.comparators[0]), f" {LIMITS[type(node.ops[0])]} "
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        negative = ast.unparse(node)
        yield _start(node), _end(node), AXES.get(negative, negative[1:])
    elif isinstance(node, ast.Constant) and type(node.value) is int:
        yield _start(node), _end(node), str(node.value + 1)
    elif isinstance(node, ast.Constant) and type(node.value) is float:
        yield _start(node), _end(node), f"{node.value * 1.1 or 0.1:.12g}"


def _start(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _end(node: ast.expr) -> tuple[int, int]:
    return int(node.end_lineno or 0), int(node.end_col_offset or 0)


def draw(room: str, each: int, seed: int) -> list[Fault]:
    """Return ``each`` faults of one room, from different files as far as there are."""
    rng = random.Random(f"{seed} {room}")
    folder = ROOT / GRADER if room == GRADER else ROOT / "srkit" / room
    files = [path for path in sorted(folder.rglob("*.py")) if WRONG not in path.parents]
    rng.shuffle(files)
    drawn: list[Fault] = []
    for path in files * each:
        possible = [f for f in faults(path.relative_to(ROOT), path.read_bytes()) if f not in drawn]
        if possible and len(drawn) < each:
            drawn.append(rng.choice(possible))
    return drawn


def tests_of(fault: Fault) -> list[list[str]]:
    """Return the arguments that make pytest run the quick tests of the fault's room, or of its network.

    Files of tests that name the faulty file are a call of their own before it, since they find most faults.
    """
    room, stem = fault.file.parts[fault.file.parts[0] != GRADER], fault.file.stem
    if room == "models" and not stem.startswith("_"):
        return [["tests/models", "-m", "not slow", "-k", stem]]
    module = ".".join(fault.file.with_suffix("").parts)
    tests = sorted((ROOT / "tests" / room).rglob("test_*.py"))
    named = [path.relative_to(ROOT).as_posix() for path in tests if _names(path, stem, module)]
    return [[*paths, "-m", "not slow"] for paths in (named, [f"tests/{room}"]) if paths]


def _names(test: Path, stem: str, module: str) -> bool:
    return stem.strip("_") in test.stem or module in test.read_text("utf-8")


def found(copy: Path, arguments: list[str]) -> bool:
    """Return whether a test in the copy fails."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *arguments]
    settings = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1"}
    said = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    try:
        done = subprocess.run(command, cwd=copy, env=settings, timeout=PATIENCE, check=False, **said)
    except subprocess.TimeoutExpired:
        return True
    if done.returncode not in (0, 1, 5):  # 5: none of them is quick
        raise SystemExit(f"pytest {' '.join(arguments)} could not run:\n{done.stdout[-2000:]}")
    return done.returncode == 1


def main(arguments: list[str]) -> int:
    """Plant, test, and print what was not found; return 1 where anything was not."""
    parser = argparse.ArgumentParser(prog="mutants.py", description="See whether tests find faults that are planted.")
    parser.add_argument("rooms", nargs="+", help="folders of srkit/, such as metrics; autograder")
    parser.add_argument("--seed", type=int, default=0, help="decides which faults are drawn")
    parser.add_argument("--each", type=int, default=4, help="faults for each room")
    wish = parser.parse_args(arguments)
    drawn = [fault for room in wish.rooms for fault in draw(room, wish.each, wish.seed)]
    missed = 0
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copy = Path(folder) / ROOT.name
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".venv", ".git", "build", "work", "__pycache__"))
        for fault in drawn:
            source = (copy / fault.file).read_bytes()
            (copy / fault.file).write_bytes(fault.plant(source))
            seen = any(found(copy, arguments) for arguments in tests_of(fault))
            (copy / fault.file).write_bytes(source)
            missed += not seen
            sys.stdout.write(f"{'found' if seen else 'NOT FOUND'} {fault.describe(source)}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{len(drawn) - missed} of {len(drawn)} faults were found\n")
    return int(missed > 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
