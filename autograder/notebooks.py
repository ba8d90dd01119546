"""Read the code cells of a notebook, whatever program saved it and however."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import dedent
from typing import Any

__all__ = ["Cell", "Unreadable", "read_cells", "read_notebook", "shown_cells"]

LARGEST = 64 << 20
DEMO = "demo"
SHOWN_CELL, SHOWN = 200_000, 8_000_000  # characters of one cell, and of all, that are shown to a person
MOST_MAGICS = 30  # in a long cell, which is parsed again after each of them
_KEPT_MAGICS = {"time", "timeit", "capture", "prun", "python", "python3", "py"}  # the rest of the cell is Python
_VERDICT = re.compile(r"^[\d.]+ (\w+): (\d+) of (\d+) criteria met$", re.M)  # see srkit/exercises/_verdict.py
_MAGIC = re.compile(
    r"^(?P<indent>\s*)(?:(?P<target>[A-Za-z_][\w.,\s]*?)=\s*)?(?:%time\s+(?P<timed>.+)|[%!?](?!=))"
    r"|^(?P<also>\s*)(?:[\w.]+\?{1,2}\s*|(?:pip3?|conda|mamba|cd|ls|mkdir|rm|cp|mv|cat|load_ext|matplotlib)\s.*)$"
)
_RUNS = re.compile(r"^[ \t]*%run\b", re.M)


class Unreadable(ValueError):
    """The submission is no notebook; the message says what it is."""


@dataclass(frozen=True)
class Cell:
    """One code cell.

    Attributes:
        label: what a reader calls it: its place among the code cells, from 1.
        code: its source as Python, without magics and shell lines; line numbers are kept.
        demo: whether it is tagged as a demonstration.
        problem: the syntax error, where the code is not Python.
        hidden: the text of a cell of which not everything is read, because a magic makes it something else than
            Python or runs another file.
        claims: (answer, whether every criterion was met) of each check whose verdict its saved outputs show.
        text: whether it is no code cell at all; its text is ``hidden``.
    """

    label: str
    code: str
    demo: bool = False
    problem: str = ""
    hidden: str = ""
    claims: tuple[tuple[str, bool], ...] = ()
    text: bool = False


def read_cells(data: bytes) -> list[Cell]:
    """Return the code cells of a notebook of nbformat 3 or 4, in their order, and after them those that are text.

    Raises:
        Unreadable: the bytes are no notebook.
    """
    code, text = _cells(read_notebook(data))
    other = (Cell("a text cell", "", hidden=_source(raw), text=True) for raw in text)
    return [*(_cell(number, raw) for number, raw in enumerate(code, 1)), *other]


def read_notebook(data: bytes) -> dict[str, Any]:
    """Return a notebook's JSON.

    Raises:
        Unreadable: the bytes are no notebook.
    """
    if len(data) > LARGEST:
        raise Unreadable(
            f"The file has {len(data) >> 20} MB; a notebook has at most {LARGEST >> 20}. Clear its outputs."
        )
    if not data.strip():
        raise Unreadable("The file is empty.")
    if data[:2] in (b"PK", b"\x1f\x8b") or data[:4] in (b"%PDF", b"Rar!"):
        raise Unreadable("The file is an archive or a PDF. Hand in the notebook itself, the file that ends in .ipynb.")
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        notebook = json.loads(data.decode(encoding, "replace"))
    except (ValueError, RecursionError):
        kind = "a page of HTML" if data.lstrip()[:1] == b"<" else "not JSON, or cut off"
        raise Unreadable(f"The file is no notebook: it is {kind}. Save it again and hand in the .ipynb file.") from None
    if not isinstance(notebook, dict):
        raise Unreadable("The file is JSON, but no notebook.")
    return notebook


def shown_cells(data: bytes) -> list[tuple[str, str, str]]:
    """Return (name, kind, source) of every cell for a person to look at, cut where it is longer than anybody reads.

    The name is nbgrader's, which survives a conversion that drops ids, or the id. What is no notebook has no cells.
    """
    try:
        cells = read_notebook(data).get("cells")
    except Unreadable:
        return []
    left, found = SHOWN, list[tuple[str, str, str]]()
    readable = [cell for cell in cells if isinstance(cell, dict)] if isinstance(cells, list) else []
    for number, cell in enumerate(readable):
        if left <= 0:
            return [*found, ("", "markdown", f"[cut: {len(readable) - number:,} more cells]")]
        source = cell.get("source", "")
        text = "".join(map(str, source)) if isinstance(source, list) else str(source)
        shown = text if len(text) <= SHOWN_CELL else f"{text[:SHOWN_CELL]}\n[cut: {len(text):,} characters]"
        left -= len(shown) + 100
        found.append((_name(cell), str(cell.get("cell_type", ""))[:40], shown))
    return found


def _name(cell: dict[str, Any]) -> str:
    metadata = cell.get("metadata")
    facts = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = facts.get("grade_id") if isinstance(facts, dict) else None
    return (name if isinstance(name, str) else str(cell.get("id", "")))[:200]


def _cells(notebook: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the cells that are code, and the others."""
    cells = notebook.get("cells")
    if cells is None and isinstance(notebook.get("worksheets"), list):  # nbformat 3
        sheets = [sheet for sheet in notebook["worksheets"] if isinstance(sheet, dict)]
        cells = [cell for sheet in sheets for cell in sheet.get("cells") or []]
    if not isinstance(cells, list):
        raise Unreadable("The file is JSON, but no notebook: it has no cells.")
    found = [cell for cell in cells if isinstance(cell, dict)]
    code = [cell for cell in found if cell.get("cell_type") == "code"]
    return code, [cell for cell in found if cell.get("cell_type") in ("markdown", "raw")]


def _source(raw: dict[str, Any]) -> str:
    source = raw.get("source", raw.get("input", ""))
    if isinstance(source, list):
        source = "".join(part for part in source if isinstance(part, str))
    text = str(source).replace("\r\n", "\n").replace("\r", "\n").replace("\0", "").lstrip("\ufeff")
    return text.encode("utf-8", "replace").decode()


def _cell(number: int, raw: dict[str, Any]) -> Cell:
    text = _source(raw)
    metadata = raw.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    code, problem = _as_python(text)
    hidden = "" if (code or problem) and not _RUNS.search(text) else text
    claims = tuple(_claims(raw.get("outputs")))
    return Cell(f"cell {number}", code, isinstance(tags, list) and DEMO in tags, problem, hidden, claims)


def _claims(outputs: Any) -> Iterator[tuple[str, bool]]:
    """Yield what saved outputs say of a check, which is whatever the student wants them to say."""
    for output in outputs if isinstance(outputs, list) else []:
        if isinstance(output, dict):
            data = output.get("data")
            text = data.get("text/plain") if isinstance(data, dict) else output.get("text")
            shown = "".join(map(str, text[:100])) if isinstance(text, list) else str(text)
            yield from ((name, met == asked) for name, met, asked in _VERDICT.findall(shown[:4000]))


def _as_python(text: str) -> tuple[str, str]:
    """Return the code without what only IPython understands, and the first syntax error that is left."""
    lines = dedent(text).split("\n")
    first = next((place for place, line in enumerate(lines) if line.strip()), 0)
    if lines[first].lstrip().startswith("%%"):
        name = lines[first].lstrip()[2:].split(" ", 1)[0].strip()
        if name not in _KEPT_MAGICS:
            return "", ""
        lines[first] = ""
    for _ in range(min(len(lines) + 1, max(MOST_MAGICS, (1 << 20) // (len(text) + 1)))):
        code = "\n".join(lines)
        try:
            ast.parse(code)
        except SyntaxError as problem:
            if not _without_magic(lines, problem.lineno):
                return code, f"SyntaxError: {problem.msg}, in line {problem.lineno}"
        except (ValueError, RecursionError, MemoryError) as problem:
            return code, f"{type(problem).__name__}: {problem}"
        else:
            return code, ""
    return "\n".join(lines), "SyntaxError: this is not Python, or has more lines of shell and magics than are read"


def _without_magic(lines: list[str], number: int | None) -> bool:
    """Replace the magic or shell line that Python stumbles over, with the lines it goes on in; what %time times stays.

    Only such lines are touched.
    """
    place = (number or 0) - 1
    found = _MAGIC.match(lines[place]) if 0 <= place < len(lines) else None
    if found is None:
        return False
    indent, target = found["indent"] or found["also"] or "", found["target"]
    last = place
    while not found["timed"] and lines[last].endswith("\\") and last + 1 < len(lines):
        last += 1
    lines[place : last + 1] = [""] * (last + 1 - place)
    lines[place] = (
        f"{indent}{f'{target.strip()} = ' if target else ''}{found['timed'] or ('None' if target else 'pass')}"
    )
    return True
