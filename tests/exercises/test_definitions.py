"""An exercise is put together from code and from a table of texts, and neither may lack what the other has."""

import pytest

from srkit.errors import BadFile, BadInput
from srkit.exercises import _model
from srkit.exercises._model import define

TABLE = """
[halved]
number = "77.1"
title = "Half of it"
difficulty = 1
importance = 2
minutes = 5
tolerance = { absolute = 1e-5, relative = 0.0, reason = "one division in float32" }
avoid = ["div"]
hints = ["a", "b", "c"]

[halved.criteria]
value = { points = 2, text = "it is half", hidden = true }

[halved.slips]
doubled = "It grew."
failed = "It failed."
"""


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Return what defines an exercise from a table of texts."""
    monkeypatch.setattr(_model, "__file__", str(tmp_path / "_model.py"))

    def halved(answer, inputs):
        return {"value": answer(inputs["x"])}

    halved.__module__ = "anywhere.lesson_77"

    def define_from(text, wrong=("doubled",), raises=("failed",)):
        _model._said.cache_clear()
        (tmp_path / "lesson_77.toml").write_text(text, encoding="utf-8")
        code = {"wrong": dict.fromkeys(wrong, float), "raises": dict.fromkeys(raises, "no")}
        return define(halved, cases=lambda seed: [], references=(float,), **code)

    yield define_from
    _model._said.cache_clear()


def test_code_and_texts_become_one_exercise(made):
    exercise = made(TABLE)
    assert (exercise.name, exercise.answer, exercise.lesson, exercise.points) == ("halved", "halved", 77, 2)
    assert (exercise.avoid, exercise.allowed, exercise.hints) == (("div",), (), ("a", "b", "c"))
    assert exercise.criteria[0].hidden
    assert {name: (slip.message, slip.wrong, slip.raises) for name, slip in exercise.slips.items()} == {
        "doubled": ("It grew.", float, ""),
        "failed": ("It failed.", None, "no"),
    }
    assert made(TABLE.replace('title = "Half of it"', 'title = "t"\nanswer = "Halved"')).answer == "Halved"


@pytest.mark.parametrize("code", [{"wrong": ()}, {"raises": ("failed", "unheard_of")}])
def test_a_slip_without_message_or_without_code_is_refused_by_name(made, code):
    with pytest.raises(BadInput, match="unheard_of" if "raises" in code else "doubled"):
        made(TABLE, **code)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("halved", "thirded", "halved"),
        ("minutes = 5", "", "minutes"),
        ("minutes = 5", "minutes = 5\nhours = 1", "hours"),
        ("points = 2, ", "", "points"),
        (', reason = "one division in float32"', "", "reason"),
        ("[halved.slips]", "[halved.slip]", "slips"),
    ],
)
def test_a_table_that_lacks_something_or_has_too_much_is_refused_with_its_name(made, old, new, named):
    with pytest.raises(BadFile, match=rf"lesson_77.toml, table \[halved\].*{named}"):
        made(TABLE.replace(old, new))
