"""Find the answers in a notebook by the names of the functions and classes.

Nothing depends on a cell's place, id or metadata: cells may be copied, split, reordered, renamed, deleted. What an
answer needs is collected by name, from wherever it stands; everything else is left out.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograder.almost import almost
from autograder.normal import normalised
from autograder.notebooks import Cell, Unreadable, read_cells
from autograder.statements import Block, Statement, globals_of, is_stub, makes, statements

__all__ = ["Answer", "Sources", "Survey", "Unreadable", "find_answer", "find_answers", "survey"]


LONGEST = 1_000_000  # characters of an answer with all it needs, blank lines for its place in the cell included


@dataclass(frozen=True)
class Answer:
    """The code of one answer.

    Attributes:
        pieces: (label, code) of the statements that define it and all it needs, in an order in which they can be run;
            line numbers are those of their cell. Empty where there is no answer.
        problem: why there is none.
        broken: whether something stands in its place that is not Python.
        stub: whether all there is is the stub as it was given out.
        defined: whether it is a ``def`` or a ``class``, not a variable of that name.
        claimed: whether the notebook's saved outputs say that its check met every criterion; a hint, never a score.
    """

    pieces: tuple[tuple[str, str], ...] = ()
    problem: str = ""
    broken: bool = False
    stub: bool = False
    defined: bool = False
    claimed: bool = False

    @property
    def source(self) -> str:
        """The code as one text."""
        return "\n\n".join(code.strip("\n") for _, code in self.pieces)


@dataclass(frozen=True, kw_only=True)
class Survey:
    """What a notebook answers, in plain values.

    Attributes:
        answers: name of an answer -> digest of its normalised code with all it needs.
        defined: those of the names that are functions or classes; a variable may have such a name by chance.
        stubs: names whose stub is in the notebook as it was given out, and nothing else.
        broken: names in whose place something stands that is not Python.
        problem: why the notebook could not be read, or "".
    """

    answers: dict[str, str] = field(default_factory=dict)
    defined: frozenset[str] = frozenset()
    stubs: frozenset[str] = frozenset()
    broken: frozenset[str] = frozenset()
    problem: str = ""

    @property
    def names(self) -> frozenset[str]:
        """Every name that has a place in the notebook, answered or not."""
        return frozenset(self.answers) | self.stubs | self.broken


def find_answers(notebook: bytes, names: Sequence[str] | None = None) -> dict[str, str]:
    """Return name -> source for every answer in the notebook.

    Args:
        notebook: the bytes of the file.
        names: names of functions and classes; those that the exercises ask for by default.

    Raises:
        Unreadable: the bytes are no notebook.
    """
    if names is None:
        from srkit.exercises import EXERCISES

        names = [EXERCISES.get(name).answer for name in EXERCISES]
    sources = Sources(read_cells(notebook))
    found = {name: sources.find(name) for name in names}
    return {name: answer.source for name, answer in found.items() if answer.pieces}


def find_answer(cells: Sequence[Cell], name: str) -> Answer:
    """Return the answer of this name, with what it needs: see :meth:`Sources.find`."""
    return Sources(cells).find(name)


def survey(notebook: bytes, names: Sequence[str]) -> Survey:
    """Look what a notebook answers; what is no notebook is a survey that says so.

    Args:
        notebook: the bytes of the file.
        names: names of functions and classes.
    """
    try:
        sources = Sources(read_cells(notebook))
    except Unreadable as problem:
        return Survey(problem=str(problem))
    found = {name: sources.find(name) for name in names}
    written = {name: answer for name, answer in found.items() if answer.pieces and not answer.stub}
    return Survey(
        answers={name: hashlib.sha256(normalised(one.source).encode()).hexdigest() for name, one in written.items()},
        defined=frozenset(name for name, answer in written.items() if answer.defined),
        stubs=frozenset(name for name, answer in found.items() if answer.stub),
        broken=frozenset(name for name, answer in found.items() if answer.broken),
    )


class Sources:
    """The statements of a notebook, and which of them bind or change a name.

    Args:
        cells: the code cells, in their order.
    """

    def __init__(self, cells: Sequence[Cell]) -> None:
        self.cells = cells
        self.places: dict[Statement, int] = {}
        self.binding: dict[str, list[Statement]] = {}
        self.adding: dict[str, list[Statement]] = {}
        for statement in (one for cell in cells if not cell.problem for one in statements(cell)):
            self.places[statement] = len(self.places)
            for name in statement.binds:
                self.binding.setdefault(name, []).append(statement)
            for name in statement.adds:
                self.adding.setdefault(name, []).append(statement)

    def find(self, name: str) -> Answer:
        """Return the answer of this name, with what it needs.

        Of several definitions the last one counts that is not the stub as it was given out, with those before it that
        it takes, as ``f = faster(f)`` does.
        """
        answers = self.binding.get(name, [])
        written = [statement for statement in answers if not is_stub(statement.node)]
        if not written:
            broken = next((cell for cell in reversed(self.cells) if cell.problem and _mentions(cell.code, name)), None)
            if broken is not None:
                return Answer(problem=f"{broken.problem} of {broken.label}, which defines `{name}`.", broken=True)
            if not answers:
                return Answer(problem=f"There is no `{name}` in the notebook{almost(self.cells, name)}")
        answer = _definition(written or answers, name)
        collected = _Order(self, name, answer).collected
        if (size := sum(statement.first + len(statement.text) for statement in collected)) > LONGEST:
            return Answer(
                problem=f"`{name}` with all it needs has {size:,} characters, and {LONGEST:,} are read.", broken=True
            )
        pieces = tuple((statement.label, statement.code) for statement in collected)
        return Answer(pieces=pieces, stub=not written, defined=any(isinstance(one.node, Block) for one in answer))


def _definition(bound: Sequence[Statement], name: str) -> list[Statement]:
    """Return the last statement that makes what ``name`` stands for, after those before it whose result it takes."""
    making = [statement for statement in bound if makes(statement, name)] or list(bound)
    first = len(making) - 1
    while first and name in globals_of(making[first], at_once=True):
        first -= 1
    return making[first:]


_Steps = Generator[Any, None, None]


class _Order:
    """Collects statements, each after those it needs. Its own stack: how deep that goes is the student's choice."""

    def __init__(self, sources: Sources, name: str, answer: Sequence[Statement]) -> None:
        self.sources = sources
        self.collected: list[Statement] = []
        self._seen: set[Statement] = set()
        self._asked: set[str] = {name}
        for statement in sources.binding.get("*", []):
            if not statement.demo:
                self._go(self._take(statement))
        for statement in self._with_changes(name, answer):
            self._go(self._take(statement))

    def _go(self, steps: _Steps) -> None:
        stack = [steps]
        while stack:
            deeper = next(stack[-1], None)
            if deeper is None:
                stack.pop()
            else:
                stack.append(deeper)

    def _take(self, statement: Statement) -> _Steps:
        if statement in self._seen:
            return
        self._seen.add(statement)
        for needed in sorted(globals_of(statement)):
            yield self._ask(needed)
        self.collected.append(statement)

    def _ask(self, name: str) -> _Steps:
        if name in self._asked:
            return
        self._asked.add(name)
        bound = self.sources.binding.get(name, [])
        kept = [statement for statement in bound if not statement.demo] or [
            statement for statement in bound if isinstance(statement.node, Block | ast.Import | ast.ImportFrom)
        ]
        blocks = [s for s in kept if isinstance(s.node, Block)]
        whole = [s for s in blocks if not is_stub(s.node)] or blocks
        if kept and whole and kept[-1] in blocks:
            kept = _definition(whole, name)
        for statement in self._with_changes(name, kept):
            yield self._take(statement)

    def _with_changes(self, name: str, kept: Sequence[Statement]) -> list[Statement]:
        """Return the statements that bind a name, and those that change what they bind where they stand among them."""
        if all(isinstance(statement.node, ast.Import | ast.ImportFrom) for statement in kept):
            return list(kept)
        places = self.sources.places
        changing = [statement for statement in self.sources.adding.get(name, []) if not statement.demo]
        last = [statement for statement in changing if places[statement] < places[kept[0]]]
        return [*sorted({*kept, *changing} - {*last}, key=places.__getitem__), *last]


def _mentions(code: str, name: str) -> bool:
    defines = rf"^[ \t]*(?:async[ \t]+)?(?:def|class)[ \t]+{re.escape(name)}\b"
    return name in code and re.search(rf"{defines}|^{re.escape(name)}[ \t]*=", code, re.M) is not None
