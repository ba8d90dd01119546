"""The zip for Gradescope grades on its own, and its results have the points that the grader gives here."""

import json
import os
import subprocess
import sys
import zipfile

import pytest
from click.testing import CliRunner

from autograder.classmates import STUDENTS
from autograder.cli import main
from autograder.demonstration import Work
from autograder.gradescope import results
from tests.autograder._class import LESSON
from tests.autograder.test_pages import record


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The zip as the command writes it, unpacked as Gradescope does."""
    place = tmp_path_factory.mktemp("gradescope")
    done = CliRunner().invoke(main, ["--lesson", "11", "--gradescope", str(place / "autograder.zip")])
    assert done.exit_code == 0, done.output
    with zipfile.ZipFile(place / "autograder.zip") as archive:
        assert {"setup.sh", "run_autograder"} <= set(archive.namelist())
        assert all(archive.getinfo(name).external_attr >> 16 & 0o111 for name in ("setup.sh", "run_autograder"))
        assert not [name for name in archive.namelist() if name.startswith(("solutions/", "autograder/mutants/"))]
        archive.extractall(place / "source")
    return place


def run(place, files, path=None):
    for name in ("submission", "results"):
        for old in (place / name).rglob("*"):
            old.unlink()
        (place / name).mkdir(exist_ok=True)
    for name, data in files.items():
        (place / "submission" / name).write_bytes(data)
    environment = {**os.environ, "SRKIT_AUTOGRADER": str(place), "SRKIT_PYTHON": sys.executable}
    environment |= {"PATH": path} if path is not None else {}
    environment.pop("PYTHONPATH", None)
    words = ["/bin/bash", str(place / "source" / "run_autograder")]
    return subprocess.run(words, cwd=place, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
@pytest.mark.needs("bubblewrap")
def test_the_zip_gives_the_points_that_the_class_is_known_to_earn(unpacked):
    work = Work(LESSON)
    for student in [one for one in STUDENTS if one.name in {"Lovelace, Ada", "Orlov, Dmitri", "Larsen, Kim"}]:
        done = run(unpacked, {**student.files(work), "notes.ipynb": b"{}"})
        assert done.returncode == 0, done.stdout + done.stderr
        told = json.loads((unpacked / "results" / "results.json").read_text())
        assert told["score"] == student.points(work)
        assert sum(test["score"] for test in told["tests"]) == student.points(work)
        assert sum(test["max_score"] for test in told["tests"]) == 20
        assert "Not used: notes.ipynb" in told["output"]


def test_where_no_sandbox_can_be_had_it_says_so_and_gives_no_score(unpacked, tmp_path):
    (path,) = _one_student(tmp_path)
    done = run(unpacked, {"x.ipynb": path.read_bytes()}, path="/nowhere")
    assert done.returncode == 1
    assert "No sandbox works on this machine" in done.stdout
    assert not (unpacked / "results" / "results.json").exists()


def _one_student(folder):
    path = folder / "lesson.ipynb"
    path.write_bytes(Work(LESSON).notebook())
    return [path]


def test_what_a_hidden_criterion_says_is_withheld_there_too():
    told = results(record(0, 0, 0, 0, 0))
    assert told["score"] == 0
    for test in told["tests"]:
        assert set(test) >= {"name", "score", "max_score", "status", "output", "visibility"}
        assert test["visibility"] == "visible"  # one hidden test would hide the total from the student
        assert test["status"] == "failed"
    assert all(
        "off by 0.5." not in t["output"] or "inputs that are not shown" not in t["output"] for t in told["tests"]
    )


def test_a_lesson_must_be_said():
    done = CliRunner().invoke(main, ["--gradescope", "x.zip"])
    assert done.exit_code == 2
    assert "--lesson" in done.output
