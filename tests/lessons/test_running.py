"""A lesson stops only where something is left to write, and with the solutions in place it runs to its end."""

import json
import os
import tempfile
from pathlib import Path

import pytest

from srkit.exercises import EXERCISES
from tests._warm import warm
from tests.lessons._run import shortened, visit
from tools import press
from tools._lesson import read_lesson

LESSONS = press.sources()
LIGHT = ("01", "02", "04", "06")  # less than six seconds of processor time each; whole.py runs all


@pytest.fixture(scope="module")
def kernel():
    """Return the name of a kernel that begins with PyTorch and Jupyter imported."""
    with (
        tempfile.TemporaryDirectory() as short,
        pytest.MonkeyPatch.context() as patch,
        warm(f"{short}/door", "ipykernel.kernelapp", "ipykernel.ipkernel", "matplotlib.figure") as python,
    ):
        folder = Path(short, "kernels", "warm")
        folder.mkdir(parents=True)
        argv = [*python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        (folder / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "w", "language": "python"}))
        patch.setenv("JUPYTER_PATH", short)
        yield "warm"


@pytest.mark.slow
@pytest.mark.parametrize("path", [path for path in LESSONS if path.stem[:2] in LIGHT], ids=lambda path: path.stem)
def test_a_lesson_stops_at_each_exercise_and_nowhere_else_and_then_runs_to_its_end(path, kernel, tmp_path, monkeypatch):
    expect_a_run_without_surprises(path, tmp_path, monkeypatch, kernel=kernel)


def expect_a_run_without_surprises(path, tmp_path, monkeypatch, **how):
    """Return what running a lesson gave, after looking at all of it."""
    monkeypatch.setenv("SRKIT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("SRKIT_DATA", str(tmp_path / "nothing"))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(press.ROOT), os.environ.get("PYTHONPATH", "")]))
    found = visit(path, tmp_path, **how)
    asked = [cell.name for cell in read_lesson(path) if cell.kind == "exercise"]
    assert [cell for cell, _, _ in found.stopped] == [f"check-{name}" for name in asked], found.stopped
    assert {error for _, error, _ in found.stopped} == {"NotImplementedError"}
    assert all("not written yet" in message for _, _, message in found.stopped)
    assert found.points == {name: EXERCISES.get(name).points for name in asked}
    assert found.stderr == ""
    assert found.peak_gigabytes < 4
    assert Path(tmp_path / "nothing").exists() is False, "a lesson must not write where the data would lie"
    return found


def test_only_trainings_are_shortened():
    assert shortened("train(net, steps=300, learning_rate=1e-3)") == "train(net, steps=15, learning_rate=1e-3)"
    assert shortened('{"steps": 120}; STEPS = 100') == '{"steps": 6}; STEPS = 5'
    assert (
        shortened("create('zssr', max_steps=200); BUDGET = 500_000") == "create('zssr', max_steps=10); BUDGET = 25000"
    )
    assert shortened("[f(step) for step in range(100)]; steps=10") == "[f(step) for step in range(5)]; steps=2"
    loop = "course = []\nfor step in range({}):\n    course.append(loss)"
    assert shortened(loop.format(400)) == loop.format(20)
    untouched = "def climb(kernel, steps=40):\n    width=300\nfor step in range(300):"
    assert shortened(untouched) == untouched
