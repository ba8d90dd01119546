"""What the tests of the grader share: one box for all of them, and notebooks made of a few lines."""

from __future__ import annotations

import json
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

from autograder.box import Box
from autograder.engine import grade_submission
from autograder.limits import Limits
from autograder.record import Record
from autograder.sandboxes import choose_box
from srkit.exercises import EXERCISES
from tools._lesson import read_lesson
from tools.press import sources

__all__ = ["SEED", "SHORT", "grade_code", "notebook", "processes", "solution", "the_box"]

SEED = 4_611_686_018_427_387_903
SHORT = Limits(
    cpu_seconds=2,
    wall_seconds=60,  # not what ends an answer here, however busy the machine is; what sleeps has less, by itself
    timeouts=1,
    memory_bytes=600 << 20,
    processes=12,
    file_bytes=4 << 20,
    folder_bytes=8 << 20,
    answer_bytes=2 << 20,
    printed_bytes=4 << 10,
)
SETUP = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\nfrom pathlib import Path\nimport srkit"


@cache
def the_box() -> Box:
    """Return the box of this test process; its worker ends with the process."""
    return choose_box()


def notebook(*cells: str, **extra: Any) -> bytes:
    """Return a notebook of code cells as bytes."""
    made = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "execution_count": None, "outputs": [], "source": cell}
        for n, cell in enumerate(cells)
    ]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **extra}).encode()


def grade_code(exercise: str, *cells: str, seed: int = SEED, limits: Limits = SHORT, box: Box | None = None) -> Record:
    """Grade an answer to one exercise, with the lesson's imports before it."""
    return grade_submission(notebook(SETUP, *cells), [exercise], seed=seed, box=box or the_box(), limits=limits)


def processes() -> set[str]:
    """Return the processes below the box's own."""
    worker, parents = str(the_box()._process.pid), {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parents[entry.name] = (entry / "stat").read_text().rsplit(")", 1)[1].split()[1]
            except OSError:
                continue
    found = {worker}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


@cache
def solution(exercise: str) -> str:
    """Return the lesson's own solution of an exercise."""
    return _solutions(EXERCISES.get(exercise).lesson)[exercise]


@cache
def earlier(exercise: str) -> str:
    """Return the solutions of a lesson's exercises before one, which its answer may use."""
    return "\n".join(takewhile(solution(exercise).__ne__, _solutions(EXERCISES.get(exercise).lesson).values()))


@cache
def _solutions(number: int) -> dict[str, str]:
    (lesson,) = (path for path in sources() if int(path.stem[:2]) == number)
    return {cell.name: cell.source for cell in read_lesson(lesson) if cell.kind == "exercise"}
