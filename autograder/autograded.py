"""The notebook a grader sees in formgrader: the student's code as text, the verdicts as text, nothing that can act.

nbconvert passes on HTML in text cells and outputs as it is. So a student's text is shown as source, the outputs are
left out, and the metadata and ids of every cell are the released ones or made here.
"""

from __future__ import annotations

import json
import re
from typing import Any

from autograder.record import Record, Result

__all__ = ["autograded_notebook", "verdict"]

Cell = dict[str, Any]
LONGEST = 200_000  # characters of one cell that are shown


def autograded_notebook(released: bytes, submitted: bytes, record: Record) -> dict[str, Any]:
    """Return the notebook to show.

    Args:
        released: the assignment as it was handed out; its cells can be trusted.
        submitted: what came back.
        record: what grading it gave.
    """
    base = json.loads(released)
    known = {cell["id"]: cell for cell in base["cells"]}
    cells = [_shown(cell, number, known) for number, cell in enumerate(_cells(submitted))]
    present = {cell["id"] for cell in cells}
    cells = list({cell["id"]: cell for cell in cells}.values())  # of a doubled id the last one, as nbgrader does
    cells += [cell for cell in base["cells"] if cell["id"] not in present]
    for cell in cells:
        result = record.results.get(cell["id"].removeprefix("check-"))
        if result is not None and cell["id"].startswith("check-"):
            cell["outputs"] = [{"name": "stdout", "output_type": "stream", "text": verdict(result)}]
    return base | {"cells": cells}


def verdict(result: Result) -> str:
    """Return what an exercise earned and why, as plain text."""
    points = "needs a person" if result.points is None else f"{result.points:g} of {result.max_points:g} points"
    lines = [f"{result.exercise}: {points} ({result.outcome})"]
    for criterion in result.criteria:
        mark = "met" if criterion.outcome == "correct" else criterion.outcome
        lines.append(f"  [{mark}] {criterion.text}")
        lines += [f"      {line}" for line in criterion.message.splitlines()]
    if result.printed:
        lines += ["printed:", *(f"  {line}" for line in result.printed.splitlines())]
    return _plain("\n".join(lines)) + "\n"


def _cells(submitted: bytes) -> list[Cell]:
    """Return whatever can be read as cells; a submission that is no notebook has none."""
    try:
        cells = json.loads(submitted)["cells"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return []
    return [cell for cell in cells if isinstance(cell, dict)] if isinstance(cells, list) else []


def _shown(cell: Cell, number: int, known: dict[str, Cell]) -> Cell:
    """Return one submitted cell as it may be shown."""
    original = known.get(_name(cell))
    if original is not None:
        facts = original["metadata"].get("nbgrader", {})
        source = _source(cell) if facts.get("solution") else original["source"]
        return original | {"source": source}
    made: Cell = {"id": f"added-{number}", "metadata": {}}
    if cell.get("cell_type") == "code":
        return made | {"cell_type": "code", "source": _source(cell), "execution_count": None, "outputs": []}
    text = _source(cell)
    longest = max((len(run) for run in re.findall("~+", text)), default=0)
    fence = "~" * max(3, longest + 1)
    return made | {"cell_type": "markdown", "source": f"{fence}\n{text}\n{fence}"}


def _name(cell: Cell) -> str:
    """Return what a cell calls itself: nbgrader's name, which survives a conversion that drops ids, or its id."""
    metadata = cell.get("metadata")
    facts = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = facts.get("grade_id") if isinstance(facts, dict) else None
    return name if isinstance(name, str) else str(cell.get("id", ""))


def _source(cell: Cell) -> str:
    source = cell.get("source", "")
    text = "".join(map(str, source)) if isinstance(source, list) else str(source)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}\n[cut: {len(text):,} characters]"


def _plain(text: str) -> str:
    """Take out what a terminal or nbconvert would act on: escape sequences and other control characters."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)
