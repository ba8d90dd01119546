"""The lessons are printed from their sources, byte for byte."""

import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest

from srkit.exercises import EXERCISES
from tools import glossary, press
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


KOREAN = """# %% [markdown]
# # A lesson

# %% [markdown] ko 00000000
# # 수업

# %%
print("play")
"""


def test_a_korean_text_takes_the_place_of_the_english_one_above_it(tmp_path):
    path = written(tmp_path, KOREAN)
    english, korean = press.student_notebook(path)["cells"], press.korean_notebook(path)["cells"]
    assert ["".join(cell["source"]) for cell in english] == ["# A lesson", 'print("play")']
    assert ["".join(cell["source"]) for cell in korean] == ["# 수업", 'print("play")']
    assert [cell["id"] for cell in english] == [cell["id"] for cell in korean]
    assert set(press.press(path, tmp_path)) == {tmp_path / "77_small.ipynb", tmp_path / "ko" / "77_small.ipynb"}


def test_a_stale_translation_is_seen_and_stamping_marks_it_as_read(tmp_path):
    path = written(tmp_path, KOREAN)
    stale = read_lesson(path)[0]
    assert stale.translated != stale.fingerprint
    press.stamp(path)
    fresh = read_lesson(path)[0]
    assert fresh.translated == fresh.fingerprint == stale.fingerprint
    path.write_text(path.read_text().replace("A lesson", "Another lesson"))
    assert read_lesson(path)[0].translated != read_lesson(path)[0].fingerprint


def test_a_korean_text_without_an_english_one_is_refused(tmp_path):
    with pytest.raises(LessonError, match="directly under"):
        read_lesson(written(tmp_path, KOREAN.partition("\n\n")[2]))


@pytest.mark.parametrize("path", LESSONS, ids=IDS)
def test_translations_are_complete_where_there_are_any_and_none_is_stale(path):
    texts = [cell for cell in read_lesson(path) if cell.kind == "text"]
    if not any(cell.korean for cell in texts):
        return
    assert not [cell.source[:60] for cell in texts if not cell.korean], "not translated"
    stale = [cell.source[:60] for cell in texts if cell.translated != cell.fingerprint]
    assert not stale, "read the Korean again, then: python tools/press.py --stamp"


def untranslated(english, korean):
    """Return the glossary's terms that stand in the English text and in neither language in the Korean one."""
    said = re.sub(r"`[^`]*`|\$[^$]*\$", " ", english).lower()
    used = [term for term in glossary.terms() if re.search(rf"\b{re.escape(term.lower())}\b", said)]
    inside = {term for term in used for other in used if term != other and term.lower() in other.lower()}
    told = korean.lower()
    return [t for t in used if t not in inside and glossary.terms()[t]["ko"] not in korean and t.lower() not in told]


def test_a_term_translated_by_another_word_than_the_glossarys_is_noticed():
    assert untranslated("The loss is small.", "손실이 작다.") == []
    assert untranslated("The loss is small.", "비용이 작다.") == ["loss"]
    assert untranslated("Write `loss` there.", "거기에 쓰라.") == []


@pytest.mark.parametrize("path", LESSONS, ids=IDS)
def test_translations_use_the_words_of_the_glossary(path):
    for cell in read_lesson(path):
        if cell.korean:
            assert not untranslated(cell.source, cell.korean), cell.source[:80]


@pytest.mark.parametrize("number", ["00", "01", "11", "15"])
def test_the_first_lessons_and_both_exercises_of_the_lecture_are_there_in_korean(number):
    (path,) = (path for path in LESSONS if path.stem.startswith(number))
    assert press.korean_notebook(path) is not None


def test_there_is_at_least_one_lesson():
    assert LESSONS


@pytest.mark.parametrize("path", LESSONS, ids=IDS)
def test_the_committed_notebook_is_what_the_source_gives(path):
    pressed = press.ROOT / "lessons" / f"{path.stem}.ipynb"
    assert pressed.read_bytes() == press.text_of(press.student_notebook(path)).encode(), "run: python tools/press.py"


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


@pytest.fixture(scope="module")
def course_folder(tmp_path_factory):
    """One course for all lessons: most of the time goes into making its grade book."""
    return tmp_path_factory.mktemp("course")


@pytest.mark.slow
@pytest.mark.parametrize("path", LESSONS, ids=IDS)
def test_nbgrader_releases_exactly_the_cells_we_press(path, course_folder):
    from autograder.course import Course

    course = Course(course_folder, path)
    course.generate()
    released = course_folder / "release" / course.assignment / f"{path.stem}.ipynb"
    theirs = nbformat.read(released, as_version=4)
    ours = nbformat.read(Path(press.ROOT / "lessons" / released.name), as_version=4)
    assert [cell.source for cell in theirs.cells] == [cell.source for cell in ours.cells]
    for their, our in zip(theirs.cells, ours.cells, strict=True):
        facts = {key: value for key, value in their.metadata.get("nbgrader", {}).items() if key != "checksum"}
        assert facts == our.metadata.get("nbgrader", {})
        for lock in ("editable", "deletable"):
            assert their.metadata.get(lock) == our.metadata.get(lock)
