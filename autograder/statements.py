"""The statements of a cell: which names each binds, changes and reads, and whether it is still the stub."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from autograder.notebooks import Cell

__all__ = ["Block", "Statement", "globals_of", "is_stub", "makes", "statements"]

Block = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_AT_ONCE = ("listcomp", "setcomp", "dictcomp", "genexpr")  # scopes of their own that are run where they stand
_CHANGING = {
    "add", "add_module", "append", "appendleft", "apply", "clear", "discard", "eval", "extend", "insert",
    "load_state_dict", "pop", "popitem", "popleft", "register_buffer", "register_parameter", "remove", "reverse",
    "setdefault", "sort", "train", "update",
}  # fmt: skip
_CHANGING_THEIR_FIRST = {"delattr", "heapify", "heappop", "heappush", "insort", "setattr", "shuffle"}


@dataclass(frozen=True, eq=False)
class Statement:
    """One statement at the top level of a cell."""

    label: str
    node: ast.stmt
    lines: Sequence[str]
    demo: bool
    binds: frozenset[str]
    adds: frozenset[str] = field(default=frozenset())  # names of what it changes without binding them

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
    """Yield the names of what a statement changes: ``Net.forward = f``, ``table.append(1)``, ``init.ones_(weight)``.

    A method or a function whose name ends with an underscore changes what it is given, as everywhere in PyTorch.
    """
    for inner in _run_at_once(node):
        if isinstance(inner, ast.Attribute | ast.Subscript) and not isinstance(inner.ctx, ast.Load):
            yield from _root(inner)
        elif isinstance(inner, ast.Call):
            called = getattr(inner.func, "attr", getattr(inner.func, "id", ""))
            in_place = called.endswith("_") and not called.endswith("__")
            if isinstance(inner.func, ast.Attribute) and (in_place or called in _CHANGING):
                yield from _root(inner.func)
            if in_place or called in _CHANGING_THEIR_FIRST:
                yield from (name for given in inner.args[:1] for name in _root(given))


def _root(node: ast.AST) -> Iterator[str]:
    """Yield the name that ``a.b[c].get(d).e`` begins with; what another call gives is nothing of a name's."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") not in ("get", "setdefault"):
            return
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Name):
        yield node.id


def _run_at_once(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a statement and all in it but what is only run when it is called, and what a class holds."""
    waiting = [node]
    while waiting:
        inner = waiting.pop()
        if not isinstance(inner, Block | ast.Lambda):
            yield inner
            waiting += ast.iter_child_nodes(inner)


def makes(statement: Statement, name: str) -> bool:
    """Tell whether a statement makes what ``name`` stands for, and does not use the name again for something else.

    ``f = faster(f)`` makes it; ``f = f(image)`` and ``for f in ...`` bind a result of it, or anything.
    """
    node = statement.node
    if isinstance(node, ast.For | ast.AsyncFor):
        return name not in _stored(node.target)
    called = (inner.func for inner in _run_at_once(node) if isinstance(inner, ast.Call))
    return not any(isinstance(one, ast.Name) and one.id == name for one in called)


def globals_of(statement: Statement, *, at_once: bool = False) -> set[str]:
    """Return the global names that a statement needs, now or when what it defines is called; with ``at_once`` now."""
    found: set[str] = set()

    def visit(table: symtable.SymbolTable, top: bool) -> None:
        for symbol in table.get_symbols():
            if (symbol.is_referenced() or symbol.is_declared_global()) and (top or symbol.is_global()):
                found.add(symbol.get_name())
        for child in table.get_children():
            if not at_once or child.get_type() == "class" or child.get_name() in _AT_ONCE:
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
