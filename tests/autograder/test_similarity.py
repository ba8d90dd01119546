"""Answers that are alike are found, and what a class has in common of itself is not held against anybody."""

import inspect

import pytest

from autograder.classpage import class_page
from autograder.classview import class_view
from autograder.prints import fingerprint
from autograder.reader import Reader
from autograder.similarity import LIBRARY, SHIPPED, avoided, matches
from autograder.sorting import lesson_of
from srkit.exercises import EXERCISES
from tests.autograder._class import LESSON
from tests.autograder._grading import solution

ONE = """
def tv_loss(sr):
    rows = []
    for image in sr:
        total = 0.0
        for channel in image:
            down = channel[1:, :-1] - channel[:-1, :-1]
            right = channel[:-1, 1:] - channel[:-1, :-1]
            total = total + (down * down + right * right + 1e-8).sqrt().mean()
        rows.append(total / len(image))
    return sum(rows) / len(rows)
"""
TWO = """
def tv_loss(sr):
    a = sr[..., 1:, :-1]
    b = sr[..., :-1, 1:]
    c = sr[..., :-1, :-1]
    first = torch.pow(a - c, 2)
    second = torch.pow(b - c, 2)
    both = torch.stack([first, second]).sum(0)
    return torch.sqrt(both.clamp_min(1e-9)).flatten().mean()
"""


@pytest.fixture(scope="module")
def reader():
    with Reader(list(lesson_of())) as one:
        yield one


def found(reader, **codes):
    prints = {"tv_loss": {name: reader.fingerprint(code, "tv_loss") for name, code in codes.items()}}
    return [(one.names, round(one.share, 2), one.common) for one in matches(prints, LESSON, reader)]


def test_other_names_comments_imports_and_spacing_do_not_hide_a_copy(reader):
    copy = "import math\n# all mine\n" + ONE.replace("rows", "werte").replace("image", "bild").replace("total", "summe")
    assert fingerprint(copy).code != fingerprint(ONE).code
    assert found(reader, ada=ONE, ben=copy, carla=TWO) == [(("ada", "ben"), 1.0, 0)]


def test_a_copy_with_a_changed_line_is_near(reader):
    near = ONE.replace("    rows = []\n", "    rows = []\n    assert sr.ndim == 4\n")
    ((names, share, common),) = found(reader, ada=ONE, ben=near, carla=TWO)
    assert (names, common) == (("ada", "ben"), 0)
    assert 0.8 <= share < 1


def test_two_answers_of_their_own_are_not_alike(reader):
    assert found(reader, ada=ONE, ben=TWO) == []


def test_the_shipped_solution_and_the_librarys_code_are_recognised(reader):
    from srkit.losses import smoothness

    shipped = solution("tv_loss").replace("sr", "picture")
    assert found(reader, ada=shipped, ben=ONE)[0][0] == ("ada", SHIPPED)

    library = inspect.getsource(smoothness.tv).replace("def tv(", "def tv_loss(")
    assert found(reader, ada=library, ben=ONE)[0][0] == ("ada", LIBRARY)


def test_what_a_quarter_of_the_class_wrote_is_said_once_and_tells_nothing(reader):
    codes = {f"s{n}": TWO for n in range(5)} | {f"t{n}": ONE.replace("1e-8", f"{n}e-8") for n in range(2)}
    told = found(reader, **codes)
    assert (tuple(f"s{n}" for n in range(5)), 1.0, 5) in told
    assert [names for names, _, common in told if not common] == [("t0", "t1")]


def test_a_short_answer_that_only_resembles_another_is_no_match(reader):
    assert (
        found(reader, ada="def tv_loss(sr):\n    return sr.mean()", ben="def tv_loss(sr):\n    return sr.mean(0)") == []
    )


def test_costly_code_gives_a_fingerprint_without_pieces(reader):
    assert reader.fingerprint("x = " + "(" * 100_000).pieces == frozenset()
    assert reader.fingerprint(ONE).pieces


def test_the_page_shows_both_answers_side_by_side_escaped(reader):
    evil = ONE.replace("total = 0.0", "total = '<script>alert(1)</script>'")
    prints = {"tv_loss": {"ada": reader.fingerprint(evil), "<b>ben</b>": reader.fingerprint(evil)}}
    page = class_page(class_view("t", {}), alike=matches(prints, LESSON, reader))
    assert "Answers that are alike" in page
    assert page.count("&lt;script&gt;alert(1)") == 2
    assert "<script" not in page
    assert "<b>ben" not in page


@pytest.mark.parametrize(
    "code",
    [
        "import torch.nn.functional as F\ndef pixel_shuffle(x, scale):\n    return F.pixel_shuffle(x, scale)",
        "from torch.nn.functional import pixel_shuffle as woven\ndef pixel_shuffle(x, s):\n    return woven(x, s)",
        "from torch import nn\ndef pixel_shuffle(x, s):\n    return nn.PixelShuffle(s)(x)",
    ],
)
def test_an_answer_in_the_one_call_that_does_it_all_is_shown(reader, code):
    ((who, exercise, names),) = avoided({"pixel_shuffle": {"ada": reader.fingerprint(code, "pixel_shuffle")}})
    assert (who, exercise) == ("ada", "pixel_shuffle")
    assert set(names) <= set(EXERCISES.get("pixel_shuffle").avoid)
    assert "Answers in one call" in class_page(class_view("t", {}), called=[(who, exercise, names)])


@pytest.mark.parametrize("name", [name for name in EXERCISES if EXERCISES.get(name).avoid])
def test_no_shipped_solution_calls_what_its_exercise_is_to_be_written_without(reader, name):
    mine = reader.fingerprint(solution(name), EXERCISES.get(name).answer)
    assert mine.called
    assert not avoided({name: {"the author": mine}})
