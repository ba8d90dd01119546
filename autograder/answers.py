"""Find the answers in a notebook by the names of the functions and classes.

Nothing depends on a cell's place, id or metadata: cells may be copied, split, reordered, renamed, deleted. What an
answer needs is collected by name, from wherever it stands; everything else is left out.
"""

from __future__ import annotations

import ast
import re
import symtable
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from autograder.notebooks import Cell, Unreadable, read_cells
from srkit.exercises import EXERCISES

__all__ = ["Answer", "Unreadable", "find_answer", "find_answers"]

Block = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True)
class Answer:
    """The code of one answer.

    Attributes:
        pieces: (label, code) of the statements that define it and all it needs, in an order in which they can be run;
            line numbers are those of their cell. Empty where there is no answer.
        problem: why there is none.
        broken: whether something stands in its place that is not Python.
    """

    pieces: tuple[tuple[str, str], ...] = ()
    problem: str = ""
    broken: bool = False

    @property
    def source(self) -> str:
        """The code as one text."""
        return "\n\n".join(code.strip("\n") for _, code in self.pieces)


@dataclass(frozen=True, eq=False)
class _Statement:
    """One statement at the top level of a cell."""

    label: str
    node: ast.stmt
    code: str
    demo: bool
    binds: frozenset[str]
    adds: frozenset[str] = field(default=frozenset())  # names whose attributes or items it sets


def find_answers(notebook: bytes, names: Sequence[str] | None = None) -> dict[str, str]:
    """Return name -> source for every answer in the notebook.

    Args:
        notebook: the bytes of the file.
        names: names of functions and classes; those that the exercises ask for by default.

    Raises:
        Unreadable: the bytes are no notebook.
    """
    cells = read_cells(notebook)
    wanted = names if names is not None else [EXERCISES.get(name).answer for name in EXERCISES]
    found = {name: find_answer(cells, name) for name in wanted}
    return {name: answer.source for name, answer in found.items() if answer.pieces}


def find_answer(cells: Sequence[Cell], name: str) -> Answer:
    """Return the answer of this name, with what it needs.

    Of several definitions the last one counts that is not the stub as it was given out.
    """
    statements = [statement for cell in cells if not cell.problem for statement in _statements(cell)]
    answers = [statement for statement in statements if name in statement.binds]
    written = [statement for statement in answers if not _is_stub(statement.node)]
    if not written:
        broken = next((cell for cell in reversed(cells) if cell.problem and _mentions(cell.code, name)), None)
        if broken is not None:
            return Answer(problem=f"{broken.problem} of {broken.label}, which defines `{name}`.", broken=True)
        if not answers:
            return Answer(
                problem=f"There is no `{name}` in the notebook: was its cell deleted, or is it called otherwise?"
            )
    order = _Order(statements, name, (written or answers)[-1])
    return Answer(pieces=tuple((statement.label, statement.code) for statement in order.collected))


class _Order:
    """Collects statements, each after those it needs."""

    def __init__(self, statements: Sequence[_Statement], name: str, answer: _Statement) -> None:
        self.statements = statements
        self.collected: list[_Statement] = []
        self._seen: set[_Statement] = set()
        self._asked: set[str] = {name}
        for statement in statements:
            if "*" in statement.binds and not statement.demo:
                self._take(statement)
        self._take(answer)
        for statement in statements:
            if name in statement.adds and not statement.demo:
                self._take(statement)

    def _take(self, statement: _Statement) -> None:
        if statement in self._seen:
            return
        self._seen.add(statement)
        for needed in sorted(_globals_of(statement)):
            self._ask(needed)
        self.collected.append(statement)

    def _ask(self, name: str) -> None:
        if name in self._asked:
            return
        self._asked.add(name)
        bound = [statement for statement in self.statements if name in statement.binds]
        kept = [statement for statement in bound if not statement.demo] or [
            statement for statement in bound if isinstance(statement.node, Block | ast.Import | ast.ImportFrom)
        ]
        blocks = [s for s in kept if isinstance(s.node, Block)]
        whole = [s for s in blocks if not _is_stub(s.node)] or blocks
        if kept and whole and kept[-1] in blocks:
            kept = whole[-1:]
        for statement in kept:
            self._take(statement)
        if not all(isinstance(statement.node, ast.Import | ast.ImportFrom) for statement in kept):
            for statement in self.statements:
                if name in statement.adds and not statement.demo:
                    self._take(statement)


def _statements(cell: Cell) -> Iterator[_Statement]:
    lines = cell.code.split("\n")
    for node in ast.parse(cell.code).body:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])
        code = _cut(lines, node, first)
        yield _Statement(cell.label, node, code, cell.demo, frozenset(_binds(node)), frozenset(_adds(node)))


def _cut(lines: list[str], node: ast.stmt, first: int) -> str:
    """Return the statement's own text, pushed down to its line in the cell."""
    last = node.end_lineno or first
    text = lines[first - 1 : last]
    text[-1] = text[-1].encode()[: node.end_col_offset].decode("utf-8", "ignore")
    start = node.col_offset if first == node.lineno else 0
    text[0] = text[0].encode()[start:].decode("utf-8", "ignore")
    return "\n" * (first - 1) + "\n".join(text) + "\n"


def _binds(node: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement binds at the top level."""
    if isinstance(node, Block):
        yield node.name
        return
    if isinstance(node, ast.Import | ast.ImportFrom):
        yield from (alias.asname or alias.name.split(".")[0] for alias in node.names)
        return
    for inner in ast.iter_child_nodes(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id
        elif isinstance(inner, ast.stmt):
            yield from _binds(inner)
        elif not isinstance(inner, ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
            yield from _stored(inner)


def _stored(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id
        elif isinstance(inner, Block | ast.Import | ast.ImportFrom):
            yield from _binds(inner)


def _adds(node: ast.stmt) -> Iterator[str]:
    """Yield the names whose attributes or items an assignment sets: ``Net.forward = forward`` adds to ``Net``."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AugAssign) else []
    for target in targets:
        root: ast.AST = target
        while isinstance(root, ast.Attribute | ast.Subscript):
            root = root.value
        if root is not target and isinstance(root, ast.Name):
            yield root.id


def _globals_of(statement: _Statement) -> set[str]:
    """Return the global names that a statement reads, now or when what it defines is called."""
    found: set[str] = set()

    def visit(table: symtable.SymbolTable, top: bool) -> None:
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (top or symbol.is_global()):
                found.add(symbol.get_name())
        for child in table.get_children():
            visit(child, False)

    visit(symtable.symtable(statement.code, "<answer>", "exec"), True)
    return found


def _is_stub(node: ast.stmt) -> bool:
    """Tell whether a part of a function or class is still as it was given out: ``raise NotImplementedError``."""
    if isinstance(node, ast.ClassDef):
        return any(_gives_up(inner) or _is_stub(inner) for inner in node.body)
    return isinstance(node, Block) and any(map(_gives_up, node.body))


def _gives_up(node: ast.stmt) -> bool:
    raised = node.exc if isinstance(node, ast.Raise) else None
    named = raised.func if isinstance(raised, ast.Call) else raised
    return isinstance(named, ast.Name) and named.id == "NotImplementedError"


def _mentions(code: str, name: str) -> bool:
    return (
        re.search(rf"^\s*(?:async\s+)?(?:def|class)\s+{re.escape(name)}\b|^{re.escape(name)}\s*=", code, re.M)
        is not None
    )
