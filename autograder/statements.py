"""The statements of a cell: which names each binds, changes and reads, and whether it is still the stub."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from autograder.notebooks import Cell

__all__ = ["Block", "Statement", "globals_of", "is_stub", "statements"]

Block = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, eq=False)
class Statement:
    """One statement at the top level of a cell."""

    label: str
    node: ast.stmt
    lines: Sequence[str]
    demo: bool
    binds: frozenset[str]
    adds: frozenset[str] = field(default=frozenset())  # names whose attributes or items it sets

    @cached_property
    def first(self) -> int:
        """The line it begins in, decorators included."""
        return min([self.node.lineno, *(d.lineno for d in getattr(self.node, "decorator_list", []))])

    @cached_property
    def text(self) -> str:
        """The statement's own text."""
        text = list(self.lines[self.first - 1 : self.node.end_lineno or self.first])
        text[-1] = text[-1].encode()[: self.node.end_col_offset].decode("utf-8", "ignore")
        start = self.node.col_offset if self.first == self.node.lineno else 0
        text[0] = text[0].encode()[start:].decode("utf-8", "ignore")
        return "\n".join(text) + "\n"

    @property
    def code(self) -> str:
        """The text, pushed down to its line in the cell."""
        return "\n" * (self.first - 1) + self.text


def statements(cell: Cell) -> Iterator[Statement]:
    """Yield the statements at the top level of a cell that is Python."""
    lines = cell.code.split("\n")
    for node in ast.parse(cell.code).body:
        yield Statement(cell.label, node, lines, cell.demo, frozenset(_binds(node)), frozenset(_adds(node)))


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


def globals_of(statement: Statement) -> set[str]:
    """Return the global names that a statement reads, now or when what it defines is called."""
    found: set[str] = set()

    def visit(table: symtable.SymbolTable, top: bool) -> None:
        for symbol in table.get_symbols():
            if symbol.is_referenced() and (top or symbol.is_global()):
                found.add(symbol.get_name())
        for child in table.get_children():
            visit(child, False)

    visit(symtable.symtable(statement.text, "<answer>", "exec"), True)
    return found


def is_stub(node: ast.stmt) -> bool:
    """Tell whether a part of a function or class is still as it was given out: ``raise NotImplementedError``."""
    if isinstance(node, ast.ClassDef):
        return any(_gives_up(inner) or is_stub(inner) for inner in node.body)
    return isinstance(node, Block) and any(map(_gives_up, node.body))


def _gives_up(node: ast.stmt) -> bool:
    raised = node.exc if isinstance(node, ast.Raise) else None
    named = raised.func if isinstance(raised, ast.Call) else raised
    return isinstance(named, ast.Name) and named.id == "NotImplementedError"
