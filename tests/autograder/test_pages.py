"""What is shown of a class: right, complete, readable, and nothing of a student's that could act or tell a secret."""

import ast
import csv
import html
import json
import re
import statistics
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
import scipy.stats

from autograder.autograded import verdict
from autograder.bridge import Standing
from autograder.classpage import class_page
from autograder.classview import class_view
from autograder.exports import _tame, write_code, write_columns, write_data
from autograder.normal import normalised
from autograder.people import Person
from autograder.pictures import error_map, pixels, triptych
from autograder.prints import fingerprint
from autograder.record import Record
from autograder.report import feedback_page
from autograder.store import Entry
from srkit.exercises import EXERCISES
from srkit.ops.colours import SEQUENTIAL, data_uri
from tests.autograder._class import ALL
from tests.autograder._fake import _result
from tests.browser._chromium import chromium

EVIL = "<script>alert(1)</script><img src=x onerror=alert(2)>\x1b[2J\u202e\ud800"
SECRET = "0.7310585786"


def record(*points):
    results = {name: _result(name, earned) for name, earned in zip(ALL, points, strict=True)}
    return Record(submission="s", seed=1, results=results)


def a_class(scores):
    return {name: (Entry(student=name, record="r", submission="s"), record(*points)) for name, points in scores.items()}


def picture(array):
    return {"shape": list(array.shape), "bytes": array.astype(np.uint8).tobytes().hex()}


class Parser(HTMLParser):
    """Collects every tag and attribute a browser would see."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes = [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *attribute) for attribute in attrs]


def hostile_record():
    """Return a record every text of which a student wrote."""
    made = record(1, 1, 1, 1, 1)
    results = {}
    for name, result in made.results.items():
        criteria = tuple(replace(c, message=EVIL, slip="") for c in result.criteria)
        results[name] = replace(result, criteria=criteria, message=EVIL, source=EVIL, printed=EVIL)
    return replace(made, results=results, problem=EVIL)


def test_no_tag_or_attribute_of_a_student_reaches_a_page():
    view = class_view(EVIL, {EVIL: (Entry(student=EVIL, record="r", submission="s", flag=EVIL), hostile_record())})
    for text in (feedback_page(EVIL, EVIL, hostile_record()), class_page(view, "{student}.html")):
        seen = Parser(text)
        assert not {"script", "iframe", "object", "embed", "form", "link", "base"} & set(seen.tags)
        assert not [a for a in seen.attributes if a[1].startswith("on")]
        sources = [value for _, name, value in seen.attributes if name == "src"]
        assert all(value.startswith("data:image/png;base64,") for value in sources)
        assert "\x1b" not in text
        assert "\u202e" not in text
        text.encode("utf-8")
        assert html.escape("<script>alert(1)</script>") in text


def test_a_page_needs_nothing_from_anywhere_and_forbids_itself_to_ask():
    for text in (feedback_page("t", "s", record(1, 1, 1, 1, 1)), class_page(class_view("t", a_class({"s": (1,) * 5})))):
        assert not re.findall(r"(?:https?:)?//[a-z]", text)
        policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text).group(1)
        assert "default-src 'none'" in policy
        assert "script-src" not in policy
        assert "prefers-color-scheme: dark" in text


def test_what_a_hidden_criterion_saw_is_not_on_the_students_page():
    """A program may write its inputs into an exception, into what it prints and into the picture it returns."""
    made = record(0, 0, 0, 0, 0)
    results = {}
    secret = np.arange(48).reshape(3, 4, 4)
    for name, result in made.results.items():
        criteria = tuple(
            replace(c, message=f"ValueError: {SECRET}", outcome="error", slip="") if c.hidden else c
            for c in result.criteria
        )
        hidden = next(c.name for c in criteria if c.hidden)
        pair = {"criterion": hidden, "yours": picture(secret), "expected": picture(secret + 9)}
        results[name] = replace(result, criteria=criteria, images={"sr": pair})
    page = feedback_page("t", "s", replace(made, results=results))
    assert SECRET not in page
    assert "<img" not in page
    assert page.count("raised an exception") == sum(c.hidden for r in results.values() for c in r.criteria)


def test_a_student_reads_what_was_met_how_far_off_and_what_a_known_misconception_is():
    page = feedback_page("Lesson 11", "carla", record(3, 1, 0, 2, 4))
    text = re.sub(r"<[^>]+>", " ", page)
    assert page.count("✓ met") == 3 + 1 + 0 + 2 + 4
    assert "10 of 20 points" in " ".join(text.split())
    assert "The value is off by 0.5." in text
    slip = next(iter(EXERCISES.get(ALL[1]).slips.values()))
    assert html.escape(slip.message) in page


def test_exercises_stand_in_the_order_of_the_course_also_when_a_record_comes_from_a_file():
    read = Record.from_json(record(3, 1, 0, 2, 4).to_json())
    titles = [EXERCISES.get(name).number for name in ALL]
    page = feedback_page("t", "s", read)
    assert titles == ["11.1", "11.2", "11.3", "11.4", "11.5"]
    assert [page.index(f"<span>{title} ") for title in titles] == sorted(page.index(f"<span>{t} ") for t in titles)
    table = class_page(class_view("t", {"s": (Entry(student="s", record="r", submission="s"), read)}))
    table = table[table.index("<h2>Students") :]
    assert [table.index(f">{title}<br>") for title in titles] == sorted(table.index(f">{t}<br>") for t in titles)


def test_a_visible_wrong_picture_is_shown_beside_the_expected_one_with_the_error_map():
    made = record(0, 0, 0, 0, 0)
    result = made.results[ALL[0]]
    public = next(c.name for c in result.criteria if not c.hidden)
    array = np.arange(48).reshape(3, 4, 4)
    pair = {"criterion": public, "yours": picture(array), "expected": picture(array + 9)}
    page = feedback_page("t", "s", replace(made, results={ALL[0]: replace(result, images={"sr": pair})}))
    assert page.count("<img") == 3
    assert "largest difference 9 of 255" in page
    assert triptych("flat", {**pair, "expected": picture(np.zeros((3, 4, 4)))}) == ""


def test_a_persons_score_penalty_and_comment_are_on_the_page():
    standing = Standing(score=13.5, penalty=2, manual={ALL[4]: 3.5}, comments={ALL[4]: "Look at <b>edges</b>"})
    page = feedback_page("t", "s", record(3, 1, 0, 2, 4), standing)
    assert "11.5</b> of 20 points (13.5, less 2 for being late)" in page
    assert "3.5 of 4" in page
    assert "Look at &lt;b&gt;edges&lt;/b&gt;" in page


def test_somebody_whose_grading_failed_is_told_that_it_is_not_her_fault():
    page = feedback_page("t", "s", record(3, 1, 0, 2, 4), Standing(score=None, waiting=(ALL[0],)))
    assert "not your fault" in page
    assert "10</b> of 20" not in page


def test_pictures_are_decoded_from_numbers_and_encoded_afresh():
    import base64
    import io

    from PIL import Image

    array = np.random.default_rng(0).integers(0, 256, (3, 5, 7), dtype=np.uint8)
    address = data_uri(pixels(picture(array)))
    again = np.asarray(Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))))
    assert (again == array.transpose(1, 2, 0)).all()


@pytest.mark.parametrize(
    "data",
    [
        None,
        {},
        {"shape": [3, 4], "bytes": ""},
        {"shape": [2, 4, 4], "bytes": "00" * 32},
        {"shape": [1, 4, 4], "bytes": "00" * 15},
        {"shape": [1, -4, -4], "bytes": "00" * 16},
        {"shape": [3, 10**9, 10**9], "bytes": "00"},
        {"shape": [1, 4, 4], "bytes": "zz" * 16},
        {"shape": ["x", 4, 4], "bytes": 3},
    ],
)
def test_data_that_are_no_picture_are_not_shown(data):
    assert pixels(data) is None
    assert triptych("sr", {"yours": data, "expected": picture(np.zeros((1, 4, 4)))}) == ""


def test_the_error_map_is_darkest_where_nothing_differs_and_brightest_where_most_does():
    yours, expected = np.zeros((2, 3), np.uint8), np.zeros((2, 3), np.uint8)
    yours[1, 2], yours[0, 1] = 200, 100
    colours, top = error_map(yours, expected)
    light = colours.astype(float).sum(-1)
    assert top == 200
    assert light[1, 2] == light.max() > light[0, 1] > light[0, 0] == light.min()
    assert tuple(colours[0, 0]) == SEQUENTIAL[0]
    assert error_map(yours, np.zeros((3, 2), np.uint8)) is None


def test_the_class_view_counts_what_scipy_and_a_reader_count():
    rng = np.random.default_rng(0)
    scores = {f"s{i:02d}": tuple(int(v) for v in rng.integers(0, 5, 5)) for i in range(30)}
    view = class_view("t", a_class(scores))
    totals = {
        name: sum(min(p, EXERCISES.get(e).points) for p, e in zip(v, ALL, strict=True)) for name, v in scores.items()
    }
    assert {one.name: one.score for one in view.students} == totals
    assert sum(count for *_, count in view.distribution) == 30
    edges = np.linspace(0, 20, 11)
    assert [count for *_, count in view.distribution] == np.histogram(list(totals.values()), edges)[0].tolist()
    assert [one.met for one in view.criteria] == sorted(one.met for one in view.criteria)
    one = view.criteria[3]
    position = [c.name for c in EXERCISES.get(one.exercise).criteria].index(one.name)
    met = [float(v[ALL.index(one.exercise)] > position) for v in scores.values()]
    assert one.met == pytest.approx(statistics.fmean(met))
    rest = [totals[name] - m for name, m in zip(scores, met, strict=True)]
    assert one.telling == pytest.approx(scipy.stats.pearsonr(met, rest).statistic)
    assert json.loads(json.dumps(view.to_dict()))["title"] == "t"


def test_difficulty_and_discrimination_of_each_exercise_are_those_of_scipy_and_stand_on_the_page():
    earned = {f"s{n}": (n % 4, (3 * n) % 5, 4, n % 6, 4 - n % 3) for n in range(15)}
    current = a_class(earned)
    view = class_view("t", current)
    records = [record for _, record in current.values()]
    for item in view.items:
        mine = [record.results[item.exercise].points for record in records]
        rest = [record.points - points for record, points in zip(records, mine, strict=True)]
        assert item.share == pytest.approx(np.mean(mine) / EXERCISES.get(item.exercise).points)
        if len(set(mine)) > 1:
            assert item.telling == pytest.approx(scipy.stats.pearsonr(mine, rest).statistic)
        else:
            assert item.telling is None
    assert [item.share for item in view.items] == sorted(item.share for item in view.items)
    assert {item.telling is None for item in view.items} == {True, False}
    page = class_page(view)
    hardest = view.items[0]
    assert f"{100 * hardest.share:.0f}%" in page
    assert f"{hardest.telling:+.2f}" in page
    assert "is not handed in" in page


def test_what_an_exercise_is_to_be_written_without_is_told_to_student_and_instructor():
    name = "pixel_shuffle"
    made = Record(submission="s", seed=1, results={name: _result(name, 1)})
    pages = [
        feedback_page("t", "ada", made),
        class_page(class_view("t", {"ada": (Entry(student="ada", record="r", submission="s"), made)})),
    ]
    assert "without calling pixel_shuffle or PixelShuffle or fold" in pages[0]
    assert "pixel_shuffle, PixelShuffle, fold" in pages[1]


def test_the_commonest_misconception_comes_first_with_who_has_it():
    view = class_view("t", a_class({"ada": (3, 4, 4, 5, 4), "ben": (3, 4, 4, 5, 0), "carla": (0, 4, 4, 5, 0)}))
    assert [(one.exercise, one.students) for one in view.misconceptions] == [
        ("tv_loss", ("ben", "carla")),
        ("self_ensemble", ("carla",)),
    ]


def test_somebody_far_from_the_class_stands_out_and_nobody_else():
    scores = {f"s{i}": (3, 4, 4, 3, i % 3) for i in range(12)} | {"zoe": (0, 0, 0, 0, 0)}
    view = class_view("t", a_class(scores))
    assert [one.name for one in view.students if one.unusual] == ["zoe"]
    assert "0 points" in class_page(view)


def test_what_waits_for_a_person_has_no_score_and_is_at_the_top_of_the_page():
    current = a_class({"ada": (3, 4, 4, 5, 4), "ben": (0, 0, 0, 0, 0)})
    current["ben"] = (replace(current["ben"][0], flag="the box fell over"), current["ben"][1])
    standings = {"ada": Standing(score=20), "ben": Standing(score=None, waiting=("tv_loss",))}
    view = class_view("t", current, standings, {"zoe": "handed nothing in"})
    assert view.scores == [20]
    page = class_page(view)
    assert page.index("the box fell over") < page.index("<h2>Scores")
    assert page.index("handed nothing in") < page.index("<h2>Scores")


def test_an_empty_class_has_a_page():
    assert "0 submissions" in class_page(class_view("t", {}))


def test_scores_for_other_programs_hold_no_formula_and_canvas_has_no_row_for_who_waits(tmp_path):
    current = a_class({"ada": (3, 4, 4, 5, 4), "=cmd()": (0, 0, 0, 0, 0), "ben": (0, 0, 0, 0, 0)})
    standings = {"ada": Standing(score=20), "ben": Standing(score=None)}
    people = {name: Person(student=name, platform="canvas", user=str(n), name=name) for n, name in enumerate(current)}
    paths = write_columns(tmp_path, class_view("Lesson 11", current, standings), people)
    scores, canvas = (list(csv.reader(path.open(encoding="utf-8", newline=""))) for path in paths)
    assert canvas[0][:5] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
    assert canvas[1][-1] == "20"
    assert {row[1]: (row[0], row[-1]) for row in canvas[2:]} == {"0": ("ada", "20"), "1": ("'=cmd()", "0")}
    assert {row[0]: row[5] for row in scores[1:]} == {"ada": "20", "ben": "", "'=cmd()": "0"}
    write_data(tmp_path / "class.json", class_view("t", current).to_dict())
    assert [one["name"] for one in json.loads((tmp_path / "class.json").read_text())["students"]] == sorted(current)


@pytest.mark.parametrize("start", "=+-@\t\r")
def test_a_cell_that_a_spreadsheet_would_compute_is_made_text_and_a_number_is_not(start):
    assert _tame(f"{start}cmd()") == f"'{start}cmd()"
    assert [_tame(cell) for cell in ("-3.5", "+2", "ada")] == ["-3.5", "+2", "ada"]


def test_code_is_written_for_similarity_checkers_without_what_a_copier_changes_first(tmp_path):
    one = '"""Mine."""\ndef f(x):\n    # my idea\n    """Doc."""\n    return (x+1)\n'
    two = "def f( x ):\n    return x + 1   # really mine\n"
    assert normalised(one) == normalised(two) == "def f(x):\n    return x + 1\n"
    assert normalised("def f(:") == "def f(:\n"
    assert ast.parse(normalised('def f():\n    """Only a docstring."""\n'))
    assert write_code(tmp_path, {"tv_loss": {"ada": fingerprint(one)}}) == 1
    rows = list(csv.DictReader((tmp_path / "tv_loss" / "info.csv").open(encoding="utf-8")))
    assert [row["filename"] for row in rows] == ["ada.py"]
    assert (tmp_path / "tv_loss" / "ada.py").read_text() == normalised(two)


def test_the_verdict_in_formgrader_is_plain_text():
    result = hostile_record().results["tv_loss"]
    assert "\x1b" not in verdict(result)
    assert "tv_loss: 1 of 4 points" in verdict(result)


@pytest.mark.browser
def test_both_pages_ask_for_nothing_run_nothing_and_fit_the_screen(tmp_path):
    (tmp_path / "student.html").write_text(feedback_page("t", "s", hostile_record()), encoding="utf-8")
    view = class_view("t", a_class({f"student {i}": (i % 4, 4, 4, 5, 4) for i in range(9)}))
    (tmp_path / "class.html").write_text(class_page(view), encoding="utf-8")
    with chromium() as browser:
        for name in ("student.html", "class.html"):
            page = browser.new_page(viewport={"width": 800, "height": 600}, color_scheme="dark")
            asked, said = [], []
            page.on("request", lambda request, asked=asked: asked.append(request.url))
            page.on("dialog", lambda dialog, said=said: said.append(dialog.message))
            page.on("console", lambda message, said=said: said.append(message.text))
            page.goto((tmp_path / name).as_uri())
            assert [url for url in asked if not url.startswith("data:")] == [(tmp_path / name).as_uri()]
            assert not said
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 24, 29)"
            page.close()
