"""The lessons are printed from their sources, byte for byte."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from srkit.exercises import EXERCISES
from tools import press
from tools._lesson import LessonError, read_lesson

LESSONS = press.sources()
IDS = [path.stem for path in LESSONS]

SMALL = """# %% [markdown]
# # A lesson

# %% setup
import srkit

# %%
print("play")

# %% exercise tv_loss
def tv_loss(sr):
    ### BEGIN SOLUTION
    return sr.sum()
    ### END SOLUTION

# %% check tv_loss
srkit.exercises.check("tv_loss", tv_loss)
"""


def written(tmp_path, text):
    path = tmp_path / "77_small.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_there_is_at_least_one_lesson():
    assert LESSONS


@pytest.mark.parametrize("path", LESSONS, ids=IDS)
def test_the_committed_notebook_is_what_the_source_gives(path):
    pressed = press.ROOT / "lessons" / f"{path.stem}.ipynb"
    assert pressed.read_bytes() == press.text_of(press.student_notebook(path)).encode(), "run: python tools/press.py"


def test_the_check_of_all_lessons_finds_nothing_to_press():
    done = subprocess.run(
        [sys.executable, "tools/press.py", "--check"], cwd=press.ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_lesson_that_differs_or_has_no_source_is_named_and_nothing_is_written(tmp_path, monkeypatch, capsys):
    for folder in ("solutions", "lessons"):
        shutil.copytree(press.ROOT / folder, tmp_path / folder)
    monkeypatch.setattr(press, "ROOT", tmp_path)
    monkeypatch.setattr(press, "sources", lambda: sorted((tmp_path / "solutions").glob("[0-9]*.py")))
    assert press.main(["--check"]) == 0
    notebook = next((tmp_path / "lessons").glob("*.ipynb"))
    changed = notebook.read_bytes() + b"\n"
    notebook.write_bytes(changed)
    (tmp_path / "lessons" / "99_orphan.ipynb").write_text("{}")
    assert press.main(["--check"]) == 1
    told = capsys.readouterr().out
    assert notebook.name in told
    assert "99_orphan" in told
    assert notebook.read_bytes() == changed
    press.main([])
    assert notebook.read_bytes() != changed


@pytest.mark.parametrize("path", LESSONS, ids=IDS)
def test_both_notebooks_are_valid_and_cell_ids_are_unique_and_fixed(path):
    for made in (press.student_notebook(path), press.grading_notebook(path)):
        notebook = nbformat.reads(json.dumps(made), as_version=4)
        nbformat.validate(notebook)
        ids = [cell["id"] for cell in made["cells"]]
        assert len(set(ids)) == len(ids)
        assert not [cell for cell in made["cells"] if cell.get("outputs") or cell.get("execution_count")]
    assert press.text_of(press.student_notebook(path)) == press.text_of(press.student_notebook(path))


@pytest.mark.parametrize("path", LESSONS, ids=IDS)
def test_a_student_sees_neither_solutions_nor_hidden_calls(path):
    text = press.text_of(press.student_notebook(path))
    assert "SOLUTION" not in text
    assert "HIDDEN" not in text
    assert "exercises.score" not in text
    assert text.count("raise NotImplementedError") >= sum(cell.kind == "exercise" for cell in read_lesson(path))


@pytest.mark.parametrize("path", LESSONS, ids=IDS)
def test_the_points_in_the_notebook_are_those_of_the_exercises(path):
    for cell in press.grading_notebook(path)["cells"]:
        facts = cell["metadata"].get("nbgrader", {})
        if facts.get("grade"):
            assert facts["points"] == EXERCISES.get(cell["id"].removeprefix("check-")).points
            assert facts["locked"]


def test_ids_stay_when_other_cells_come_and_go(tmp_path):
    before = [cell.id for cell in read_lesson(written(tmp_path, SMALL))]
    after = [cell.id for cell in read_lesson(written(tmp_path, "# %% [markdown]\n# first\n\n" + SMALL))]
    assert after[1:] == before


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (("exercise tv_loss", "exercise tv_los"), "names no exercise"),
        (("# %% setup", "# %% set-up"), "not known"),
        (("    ### BEGIN SOLUTION\n", ""), "at least one pair"),
        (('print("play")', "### BEGIN SOLUTION\n### END SOLUTION"), "any other cell none"),
        (('check("tv_loss", tv_loss)', 'check("tv_loss", print)'), "is one line"),
        (("# %% check tv_loss", "# %%"), "followed by its check"),
    ],
)
def test_a_source_that_breaks_the_rules_is_refused_with_the_rule(tmp_path, change, told):
    with pytest.raises(LessonError, match=told):
        read_lesson(written(tmp_path, SMALL.replace(*change)))


def test_text_outside_of_regions_survives_and_the_stub_takes_their_indentation(tmp_path):
    cells = {cell["id"]: "".join(cell["source"]) for cell in press.student_notebook(written(tmp_path, SMALL))["cells"]}
    assert cells["exercise-tv_loss"].startswith("def tv_loss(sr):\n    # Write your answer")
    assert cells["check-tv_loss"] == 'srkit.exercises.check("tv_loss", tv_loss)'


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("path", LESSONS, ids=IDS)
def test_nbgrader_releases_exactly_the_cells_we_press(path, tmp_path):
    from autograder.course import Course

    course = Course(tmp_path, path)
    course.generate()
    released = tmp_path / "release" / course.assignment / f"{path.stem}.ipynb"
    theirs = nbformat.read(released, as_version=4)
    ours = nbformat.read(Path(press.ROOT / "lessons" / released.name), as_version=4)
    assert [cell.source for cell in theirs.cells] == [cell.source for cell in ours.cells]
    for their, our in zip(theirs.cells, ours.cells, strict=True):
        facts = {key: value for key, value in their.metadata.get("nbgrader", {}).items() if key != "checksum"}
        assert facts == our.metadata.get("nbgrader", {})
        for lock in ("editable", "deletable"):
            assert their.metadata.get(lock) == our.metadata.get(lock)
