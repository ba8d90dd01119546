"""Run a lesson as a student who solves every exercise, and note what it costs.

The suite runs the lightest lessons, shortened: what trains for ten steps or more makes a twentieth of them, and their
kernels are copies of a process that has imported what everybody imports. ``whole.py``, which ``.ci/run`` runs after the
suite, runs every lesson as it is.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tools import press
from tools._lesson import read_lesson

RESULTS = press.ROOT / "build" / "lessons"
LONG = re.compile(r"""(\b(?:max_)?steps=|"steps": |\b(?:STEPS|BUDGET) = |\bstep in range\((?=\d+\)\]))(\d[\d_]+)\b""")
LOOP = re.compile(r"^(for step in range\()(\d{3,})\b", re.MULTILINE)


@dataclass
class Visit:
    """What happened in one run of a lesson from top to bottom.

    Attributes:
        stopped: (cell id, kind of error, message) of each cell that stopped.
        points: exercise -> what the call that counts gave once the solution stood in the cell.
        seconds: time on the clock.
        cpu_seconds: processor time of the kernel.
        peak_gigabytes: the kernel's largest resident memory.
        slowest: seconds of the slowest cell, and its first line.
        stderr: what was written to stderr.
    """

    stopped: list[tuple[str, str, str]] = field(default_factory=list)
    points: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    peak_gigabytes: float = 0.0
    slowest: tuple[float, str] = (0.0, "")
    stderr: str = ""
    notebook: Any = field(default=None, repr=False)


def visit(path: Path, folder: Path, *, whole: bool = False, kernel: str = "python3") -> Visit:
    """Run the student's notebook; where it stops, put the solution in, run the check again and the call that counts.

    Args:
        path: the lesson's source.
        folder: where its kernel runs.
        whole: train as long as the lesson does; otherwise trainings of ten steps or more make a twentieth.
        kernel: the Jupyter kernel it runs in.
    """
    shown = str if whole else shortened
    notebook = nbformat.reads(press.text_of(press.student_notebook(path)), as_version=4)
    for cell in notebook.cells:
        cell.source = shown(cell.source)
    cells = {cell.id: shown(cell.source) for cell in read_lesson(path)}
    client = NotebookClient(notebook, timeout=None, kernel_name=kernel, resources={"metadata": {"path": str(folder)}})
    lesson, scratch = list(notebook.cells), nbformat.v4.new_code_cell()
    notebook.cells.append(scratch)  # what is asked beside the lesson is run in its place
    found, began = Visit(notebook=notebook), time.monotonic()
    with client.setup_kernel():
        for index, cell in enumerate(lesson):
            start = time.monotonic()
            _run_cell(client, cell, index, cells, found)
            if cell.cell_type == "code":
                line = cell.source.partition("\n")[0]
                found.slowest = max(found.slowest, (round(time.monotonic() - start, 1), line))
        cost = _ask(client, _COST)
        found.cpu_seconds, found.peak_gigabytes = json.loads(cost)
    found.seconds = round(time.monotonic() - began, 1)
    notebook.cells.pop()
    found.stderr = "".join(o.text for c in notebook.cells for o in c.get("outputs", ()) if o.get("name") == "stderr")
    return found


def shortened(source: str) -> str:
    """Return a cell in which trainings of ten steps or more make a twentieth of them."""
    fewer = LONG.sub(_fewer, source)
    if "course.append(" in source:  # a course of any length is drawn as a whole
        fewer = LOOP.sub(_fewer, fewer)
    return fewer


def _fewer(found: re.Match[str]) -> str:
    line, number = found.string[: found.start()].rpartition("\n")[2], int(found[2])
    if number < 100 and line.startswith("def "):
        return found[0]
    return found[1] + str(max(2, number // 20))


_COST = """
import json, pathlib, re, time
_status = pathlib.Path("/proc/self/status")  # getrusage would tell of the process this one was forked from, too
_peak = re.search(r"VmHWM:\\s+(\\d+)", _status.read_text())[1] if _status.exists() else 0
print(json.dumps([round(time.process_time(), 1), round(int(_peak) / 2**20, 2)]))
"""


def _run_cell(client: NotebookClient, cell: Any, index: int, cells: dict[str, str], found: Visit) -> None:
    try:
        client.execute_cell(cell, index)
        return
    except CellExecutionError as problem:
        found.stopped.append((cell.id, problem.ename, problem.evalue))
    kind, _, name = cell.id.partition("-")
    if kind not in ("exercise", "check"):
        return
    _ask(client, cells[f"exercise-{name}"])
    if kind == "check":
        client.execute_cell(cell, index)
        answer = cell.source.rpartition(", ")[2].rstrip(")")
        found.points[name] = float(_ask(client, f'print(float(srkit.exercises.score("{name}", {answer})))'))


def _ask(client: NotebookClient, code: str) -> str:
    cell = nbformat.v4.new_code_cell(code)
    client.execute_cell(cell, len(client.nb.cells) - 1, store_history=False)
    return "".join(output.text for output in cell.outputs if output.output_type == "stream")


def keep(path: Path, found: Visit) -> None:
    """Write down what a whole lesson cost, for :func:`table`."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    notebook, found.notebook = found.notebook, None
    (RESULTS / f"{path.stem}.json").write_text(json.dumps(asdict(found), indent=1) + "\n", "utf-8")
    found.notebook = notebook


def table(names: Iterable[str]) -> str:
    """Return what the lessons ``names`` cost when they were last run, as a table of text."""
    rows = [(name, json.loads((RESULTS / f"{name}.json").read_text("utf-8"))) for name in sorted(names)]
    lines = [f"{'lesson':44} {'s':>6} {'CPU s':>6} {'GB':>5}  slowest cell"]
    for name, cost in rows:
        numbers = f"{cost['seconds']:6.0f} {cost['cpu_seconds']:6.0f} {cost['peak_gigabytes']:5.2f}"
        lines.append(f"{name:44} {numbers}  {cost['slowest'][0]:.0f} s: {cost['slowest'][1][:50]}")
    total = [sum(cost[key] for _, cost in rows) for key in ("seconds", "cpu_seconds")]
    return "\n".join([*lines, f"{'together':44} {total[0]:6.0f} {total[1]:6.0f}"])
