"""What students are given holds no solution."""

import pytest

from autograder.answers import survey
from autograder.sorting import answers_of
from srkit import _home
from srkit.cli.course import lay_out
from tools.press import grading_notebook, sources, text_of


def solved(data: bytes, number: int) -> frozenset[str]:
    """Return the exercises of a lesson that a notebook answers."""
    return frozenset(survey(data, answers_of(number)).defined)


@pytest.fixture(scope="module")
def laid_out(tmp_path_factory):
    """What ``srkit course`` lays out."""
    folder = tmp_path_factory.mktemp("course") / "work"
    lay_out(_home.lessons(), folder)
    return folder


def test_srkit_course_lays_out_stubs_and_nothing_that_answers_them(laid_out):
    notebooks = sorted(laid_out.rglob("*.ipynb"))
    assert {path.stem for path in notebooks} == {path.stem for path in sources()}
    for path in notebooks:
        assert solved(path.read_bytes(), int(path.stem[:2])) == frozenset(), path
        assert "HIDDEN TESTS" not in path.read_text(encoding="utf-8")
    assert not [path for path in laid_out.rglob("*") if path.is_file() and path.suffix not in (".ipynb", ".json")]


def test_a_notebook_with_solutions_would_be_found():
    lesson = next(path for path in sources() if answers_of(int(path.stem[:2])))
    number = int(lesson.stem[:2])
    assert solved(text_of(grading_notebook(lesson)).encode(), number) == set(answers_of(number))
