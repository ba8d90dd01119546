"""The notebook a grader sees in formgrader: the student's code as text, the verdicts as text, nothing that can act.

nbconvert passes on HTML in text cells and outputs as it is. So a student's text is shown as source, the outputs are
left out, and the metadata and ids of every cell are the released ones or made here.
"""

from __future__ import annotations

import json
import re
from typing import Any

from autograder.reader import reading
from autograder.record import Record, Result

__all__ = ["autograded_notebook", "verdict"]

Cell = dict[str, Any]


def autograded_notebook(released: bytes, submitted: bytes, record: Record) -> dict[str, Any]:
    """Return the notebook to show.

    Args:
        released: the assignment as it was handed out; its cells can be trusted.
        submitted: what came back.
        record: what grading it gave.
    """
    base = json.loads(released)
    known = {cell["id"]: cell for cell in base["cells"]}
    cells = [_shown(*cell, number, known) for number, cell in enumerate(reading().cells(submitted))]
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


def _shown(name: str, kind: str, text: str, number: int, known: dict[str, Cell]) -> Cell:
    """Return one submitted cell as it may be shown."""
    original = known.get(name)
    if original is not None:
        facts = original["metadata"].get("nbgrader", {})
        return original | {"source": text if facts.get("solution") else original["source"]}
    made: Cell = {"id": f"added-{number}", "metadata": {}}
    if kind == "code":
        return made | {"cell_type": "code", "source": text, "execution_count": None, "outputs": []}
    longest = max((len(run) for run in re.findall("~+", text)), default=0)
    fence = "~" * max(3, longest + 1)
    return made | {"cell_type": "markdown", "source": f"{fence}\n{text}\n{fence}"}


def _plain(text: str) -> str:
    """Take out what a terminal or nbconvert would act on: escape sequences and other control characters."""
    return re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)
