"""Every file of a student is sorted by what it answers; what answers less never hides what answers more."""

import json
import os

import pytest

from autograder.answers import Survey
from autograder.intake import HandIn
from autograder.people import Person
from autograder.reader import Reader
from autograder.sorting import _homes, answers_of, lesson_of, sort_files
from tests.autograder._grading import notebook
from tools.press import sources, student_notebook


def answer(name, value=1):
    return f"def {name}(*given):\n    return {value}"


def stub(name):
    return f"def {name}(*given):\n    raise NotImplementedError"


FULL = notebook(*map(answer, answers_of(11)))
STUBS = notebook(*map(stub, answers_of(11)))
TEN = notebook(*map(answer, answers_of(10)))
FOREIGN = notebook("def hello():\n    return 1")


@pytest.fixture(scope="module")
def reader():
    with Reader(list(lesson_of())) as one:
        yield one


def files(student="anna", **named):
    return [
        HandIn(person=Person(student=student), name=f"{student}/{name}.ipynb", read=lambda data=data: data)
        for name, data in named.items()
    ]


def of(found, lesson, student="anna"):
    choice = found.lessons[lesson][student]
    return [one.name.rpartition("/")[2] for one in choice.used], [one.name for one in choice.rivals]


@pytest.mark.parametrize(
    "other", [TEN, STUBS, FOREIGN, notebook(), b"", b"PK", notebook(answer("tv_loss")), notebook("def tv_loss(:")]
)
@pytest.mark.parametrize("name", ["a", "z", "11_exercise_supervised_sr"])
def test_no_file_beside_it_hides_a_full_answer_whatever_it_is_called(reader, other, name):
    for order in (1, -1):
        given = files(full=FULL, **{name: other})[::order]
        choice = sort_files(given, reader, 11).lessons[11]["anna"]
        assert choice.read() == FULL
        assert not choice.rivals


def test_each_notebook_goes_to_its_lesson_in_one_call_and_nothing_is_left_out_silently(reader):
    found = sort_files(files(one=TEN, two=FULL, three=STUBS, four=FOREIGN), reader)
    assert {lesson: of(found, lesson)[0] for lesson in found.lessons} == {10: ["one.ipynb"], 11: ["two.ipynb"]}
    reasons = {one.name: one.reason for one in found.unused}
    assert set(reasons) == {"anna/three.ipynb", "anna/four.ipynb"}
    assert "answers nothing of lesson 11" in reasons["anna/three.ipynb"]
    assert "no place for any exercise" in reasons["anna/four.ipynb"]


def test_files_that_answer_different_exercises_are_put_together(reader):
    names = answers_of(11)
    found = sort_files(files(a=notebook(*map(answer, names[:2])), b=notebook(*map(answer, names[2:]))), reader, 11)
    assert of(found, 11) == (["b.ipynb", "a.ipynb"], [])
    assert set(reader.survey(found.lessons[11]["anna"].read()).answers) == set(names)
    assert not found.unused


def test_put_together_is_only_what_stays_what_it_is(reader):
    """Both files have a helper of the same name; in one notebook the later one would serve both answers."""
    one = notebook("def helper():\n    return 1", "def tv_loss(x):\n    return helper()")
    two = notebook("def helper():\n    return 2", "def find_pairs(x):\n    return helper()")
    choice = sort_files(files(one=one, two=two), reader, 11).lessons[11]["anna"]
    assert len(choice.used) == len(choice.rivals) == 1


def test_two_files_that_answer_the_same_exercise_differently_are_a_question(reader):
    old, new = notebook(*map(answer, answers_of(11))), notebook(*(answer(n, 2) for n in answers_of(11)[:3]))
    for order in (1, -1):
        found = sort_files(files(week11=old, week15=new)[::order], reader, 11)
        assert of(found, 11) == (["week11.ipynb"], ["anna/week15.ipynb"])
        assert not found.unused
    chosen = sort_files(files(week11=old, week15=new), reader, 11, {("anna", 11): "anna/week15.ipynb"})
    assert of(chosen, 11) == (["week15.ipynb"], [])
    assert "chosen by a person" in chosen.unused[0].reason


def test_spacing_comments_and_a_copy_are_no_difference(reader):
    again = notebook(*("# mine\n" + answer(name).replace("return 1", "return   1  # one") for name in answers_of(11)))
    found = sort_files(files(a=FULL, b=again, c=FULL), reader, 11)
    assert of(found, 11) == (["a.ipynb"], [])
    assert {one.name for one in found.unused} == {"anna/b.ipynb", "anna/c.ipynb"}


def test_a_helper_with_the_name_of_another_lessons_exercise_is_no_rival_of_that_lessons_notebook(reader):
    two = notebook(*map(answer, answers_of(2)))
    eleven = notebook(answer("psnr", 3), *map(answer, answers_of(11)))
    found = sort_files(files(a=eleven, b=two), reader)
    assert of(found, 2) == (["b.ipynb"], [])
    assert of(found, 11) == (["a.ipynb"], [])


def test_a_variable_that_bears_an_exercises_name_by_chance_is_no_answer(reader):
    found = sort_files(files(a=notebook("psnr = 31.2", *map(answer, answers_of(11)))), reader)
    assert set(found.lessons) == {11}


def test_somebody_without_any_file_for_the_lesson_is_not_graded_with_another_one(reader):
    found = sort_files(files(ten=TEN), reader, 11)
    assert not found.lessons
    assert "lesson 10 only, and lesson 11 is graded" in found.nothing["anna"]


def test_what_cannot_be_read_is_told_beside_what_counts(reader):
    given = files(**{"11_exercise": b'{"cells": [{"cell_ty', "draft": FULL})
    found = sort_files(given, reader, 11)
    assert of(found, 11)[0] == ["draft.ipynb"]
    assert "cannot be read" in found.lessons[11]["anna"].note
    assert [one.name for one in found.unused] == ["anna/11_exercise.ipynb"]


def test_a_file_is_at_home_where_it_has_most_and_wherever_it_has_half():
    ten, eleven = answers_of(10), answers_of(11)
    half = -(-len(eleven) // 2)
    for count, homes in ((half, {10, 11}), (half - 1, {10})):
        seen = Survey(defined=frozenset(ten), stubs=frozenset(eleven[:count]))
        assert _homes(HandIn, seen, None) == homes


def test_the_shipped_notebooks_are_each_at_home_in_their_own_lesson(reader):
    for path in sources():
        data = json.dumps(student_notebook(path)).encode()
        assert set(sort_files(files(one=data), reader).lessons) == {int(path.stem[:2])}


COSTLY = {
    "blank lines and a bracket": lambda n: "\n" * n + "x = (",
    "a chain of names": lambda n: (
        "\n".join(f"a{i} = a{i + 1}" for i in range(n // 12)) + "\ndef tv_loss(x):\n    return a0"
    ),
    "brackets": lambda n: "def tv_loss(x):\n    return " + "(" * n,
    "signs": lambda n: "def tv_loss(x):\n    return " + "-" * n + "x",
    "attributes": lambda n: "def tv_loss(x):\n    return x" + ".a" * (n // 2),
    "shell lines": lambda n: "!pip\n" * (n // 5),
    "blanks": lambda n: " " * n + "x",
    "decorators": lambda n: "@f\n" * (n // 3) + "def tv_loss(x): ...",
    "else-ifs": lambda n: "if x: pass\n" + "elif x: pass\n" * (n // 13),
    "names": lambda n: "tv_loss = " + " + ".join(f"a{i}" for i in range(n // 9)),
    "definitions": lambda n: "def tv_loss(x): ...\n" * (n // 20),
    "strings": lambda n: "x = (" + "'a' " * (n // 4) + ")",
    "exec": lambda n: "exec(" * (n // 5),
    "setattr": lambda n: "setattr(" * (n // 8),
}


@pytest.mark.parametrize("kind", COSTLY)
def test_reading_a_costly_notebook_costs_no_more_than_its_limit(kind):
    """What the reading processes used is counted when they have ended; each notebook has 200 kB."""
    before = os.times()
    with Reader(list(lesson_of())) as reader:
        data = notebook(COSTLY[kind](200_000))
        told = reader.survey(data)
        assert isinstance(told, Survey)
        assert reader.survey(FULL).answers  # the next one is read
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    assert used < 5  # two seconds and a little, rounded up to the next whole second, and starting twice
