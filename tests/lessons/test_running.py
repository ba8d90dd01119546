"""Solutions run to their end; a student's notebook stops only where something is left to write."""

import json

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from tools import press
from tools._lesson import read_lesson

LESSONS = press.sources()
pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]


def shortened(made):
    """Return the notebook with a tenth of the training steps: the test is whether it runs, not what it learns."""
    text = json.dumps(made)
    for long, short in (("steps=100", "steps=10"), ("range(100)", "range(10)"), ("steps=40", "steps=4")):
        text = text.replace(long, short)
    return nbformat.reads(text.replace("STEPS = 100", "STEPS = 10"), as_version=4)


def run(notebook, folder, monkeypatch):
    monkeypatch.setenv("SRKIT_CACHE", str(folder / "cache"))
    monkeypatch.setenv("SRKIT_DATA", str(folder / "nothing"))
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=1200, kernel_name="python3", resources=resources).execute()


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_solution_runs_to_its_end_without_data_or_network(path, tmp_path, monkeypatch):
    notebook = shortened(press.grading_notebook(path))
    run(notebook, tmp_path, monkeypatch)
    for cell in notebook.cells:
        if cell.metadata.get("nbgrader", {}).get("grade"):
            (result,) = (output for output in cell.outputs if output.output_type == "execute_result")
            assert float(result.data["text/plain"]) == cell.metadata.nbgrader.points
    assert not [o for c in notebook.cells if c.cell_type == "code" for o in c.outputs if o.get("name") == "stderr"]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_student_notebook_stops_at_each_exercise_and_nowhere_else(path, tmp_path, monkeypatch):
    exercises = [cell for cell in read_lesson(path) if cell.kind == "exercise"]
    notebook = shortened(press.student_notebook(path))
    solutions = {cell.id: cell.source for cell in exercises}
    monkeypatch.setenv("SRKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SRKIT_DATA", str(tmp_path / "nothing"))
    client = NotebookClient(
        notebook, timeout=1200, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    stopped = []
    problems = []
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            try:
                client.execute_cell(cell, index)
            except CellExecutionError as problem:
                problems.append((cell.id, problem.ename, problem.evalue))
                answer_id = "exercise-" + cell.id.removeprefix("check-")
                stopped.append(answer_id)
                answer = nbformat.v4.new_code_cell(solutions.get(answer_id, "pass"))
                client.execute_cell(answer, index, store_history=False)
    assert stopped == [cell.id for cell in exercises]
    assert all(name == "NotImplementedError" and "not written yet" in told for _, name, told in problems), problems
