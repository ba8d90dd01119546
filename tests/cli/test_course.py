from __future__ import annotations

from pathlib import Path

import pytest

from srkit import _home
from srkit.cli.course import lay_out
from srkit.errors import BadFile, BadInput
from tests.cli._call import Call


@pytest.fixture
def lessons(tmp_path: Path) -> Path:
    folder = tmp_path / "lessons"
    (folder / "ko").mkdir(parents=True)
    for name in ("11_first.ipynb", "02_zero.ipynb", "ko/02_zero.ipynb"):
        (folder / name).write_text("version 1")
    return folder


def test_the_lessons_of_this_srkit_are_laid_out_in_a_new_folder_and_then_nothing_is_left_to_do(
    call: Call, tmp_path: Path
) -> None:
    folder = tmp_path / "a new" / "course"
    assert call("course", folder).code == 0
    theirs = {path.relative_to(_home.lessons()) for path in _home.lessons().rglob("[0-9]*.ipynb")}
    assert len(theirs) > 16
    for path in theirs:
        assert (folder / path).read_bytes() == (_home.lessons() / path).read_bytes()
    assert "holds every lesson" in call("course", folder).out


def test_what_the_reader_wrote_is_never_overwritten(lessons: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    assert len(lay_out(lessons, work)) == 2
    assert lay_out(lessons, work) == []
    (work / "11_first.ipynb").write_text("version 1 and answers")
    for name in ("11_first.ipynb", "02_zero.ipynb"):
        (lessons / name).write_text("version 2")
    told = lay_out(lessons, work)
    assert (work / "02_zero.ipynb").read_text() == "version 2"
    assert (work / "11_first.ipynb").read_text() == "version 1 and answers"
    assert [path.read_text() for path in work.glob("11_first.*.ipynb")] == ["version 2"]
    assert any("yours is untouched" in sentence for sentence in told)
    assert lay_out(lessons, work) == []


def test_a_lesson_that_was_there_before_the_course_stays_as_it_is(lessons: Path, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "02_zero.ipynb").write_text("written before")
    lay_out(lessons, tmp_path / "work")
    assert (tmp_path / "work" / "02_zero.ipynb").read_text() == "written before"


def test_a_folder_with_other_things_in_it_is_left_alone(lessons: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.tex").write_text("years of work")
    with pytest.raises(BadInput, match="holds other things and no lessons"):
        lay_out(lessons, tmp_path / "home")
    assert [path.name for path in (tmp_path / "home").iterdir()] == ["thesis.tex"]


def test_a_place_that_cannot_be_written_and_an_installation_without_lessons_are_said(
    call: Call, lessons: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadFile, match="cannot be made"):
        lay_out(lessons, tmp_path / "file" / "course")
    with pytest.raises(BadFile, match="came without lessons"):
        lay_out(tmp_path / "nothing", tmp_path / "course")
