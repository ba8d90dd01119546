"""Nothing of srkit is used before the lesson, or the exercise, that has the student build it."""

import ast
import itertools
import re
import tomllib

import pytest

from srkit.exercises import EXERCISES
from tools._lesson import read_lesson
from tools.press import ROOT, sources

LEDGER = tomllib.loads((ROOT / "solutions" / "ledger.toml").read_text(encoding="utf-8"))
LESSONS = sources()


def names_used(source):
    """Return every dotted name behind srkit in a cell, "losses.parse" for srkit.losses.parse(…)."""
    used = set()
    for node in ast.walk(ast.parse(source)):
        parts = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if isinstance(node, ast.Name) and node.id == "srkit" and parts:
            used.add(".".join(reversed(parts)))
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("srkit"):
            used |= {f"{node.module}.{alias.name}".removeprefix("srkit.") for alias in node.names}
    return used


def may(name, allowed):
    return any(name == entry or name.startswith(entry + ".") or entry.startswith(name + ".") for entry in allowed)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_lesson_uses_only_what_is_free_or_built_before(path):
    entry = LEDGER[str(int(path.stem[:2]))]
    allowed = {*LEDGER["free"], *entry["uses"], *entry.get("shows", ())}
    for cell in read_lesson(path):
        if cell.kind == "check":
            allowed |= set(entry["builds"][cell.name])
        elif cell.kind != "text":
            early = {name for name in names_used(cell.source) if not may(name, allowed)}
            assert not early, f"{sorted(early)} in the cell {cell.id}: {cell.source[:80]!r}"


def test_what_a_lesson_leans_on_was_built_or_shown_before_and_what_it_shows_is_new():
    known = set()
    for number in sorted((key for key in LEDGER if key != "free"), key=int):
        entry = LEDGER[number]
        early = [name for name in entry["uses"] if not may(name, known)]
        assert not early, f"lesson {number} leans on {early}, which no earlier lesson built or showed"
        again = [name for name in entry.get("shows", ()) if may(name, known | set(LEDGER["free"]))]
        assert not again, f"lesson {number} shows {again} again: an earlier lesson did, so it belongs in `uses`"
        known |= {
            *entry["uses"],
            *entry.get("shows", ()),
            *(name for built in entry["builds"].values() for name in built),
        }


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_ledger_lists_nothing_that_the_lesson_does_not_use(path):
    entry = LEDGER[str(int(path.stem[:2]))]
    used = {name for cell in read_lesson(path) if cell.kind != "text" for name in names_used(cell.source)}
    idle = [name for name in (*entry["uses"], *entry.get("shows", ())) if not any(may(name, {one}) for one in used)]
    assert not idle


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_ledger_names_every_exercise_of_the_lesson_in_order(path):
    entry = LEDGER[str(int(path.stem[:2]))]
    asked = [cell.name for cell in read_lesson(path) if cell.kind == "exercise"]
    assert list(entry["builds"]) == asked
    assert 3 <= len(asked) <= 6
    numbers = [EXERCISES.get(name).number for name in asked]
    assert numbers == [f"{int(path.stem[:2])}.{i}" for i in range(1, len(asked) + 1)]


ROW = re.compile(r"^\| ([\d.]+) `(\w+)` \| (\d) (?:of|/) 5 \| (\d) (?:of|/) 5 \| (\d+) \|$", re.MULTILINE)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_table_of_a_lesson_has_each_exercise_as_it_is_defined_in_every_language(path):
    cells = read_lesson(path)
    asked = [EXERCISES.get(cell.name) for cell in cells if cell.kind == "exercise"]
    defined = [(e.number, e.answer, str(e.difficulty), str(e.importance), str(e.minutes)) for e in asked]
    texts = [cell for cell in cells if cell.kind == "text"]
    assert ROW.findall("\n".join(cell.source for cell in texts)) == defined, "English: | number `answer` | ... |"
    if any(cell.korean for cell in texts):
        assert ROW.findall("\n".join(cell.korean for cell in texts)) == defined, "Korean"


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_above_every_exercise_stands_a_text_that_names_it_by_its_number(path):
    cells = read_lesson(path)
    for above, cell in itertools.pairwise(cells):
        if cell.kind == "exercise":
            number = EXERCISES.get(cell.name).number
            named = re.compile(rf"(?<![\d.]){re.escape(number)}(?!\d)")
            assert above.kind == "text", f"exercise {number} has no text above it"
            for language, text in (("English", above.source), ("Korean", above.korean)):
                assert not text or named.search(text), f"the {language} text does not say that it is exercise {number}"
            assert len(above.source.split()) >= 12, f"the text of exercise {number} says too little"


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_an_answer_leans_on_nothing_of_the_library(path):
    for cell in read_lesson(path):
        if cell.kind == "exercise":
            assert not names_used(cell.source)


def test_the_ledger_would_notice_a_name_used_too_early():
    assert names_used("x = srkit.losses.tv(a)\nfrom srkit.training import train") >= {"losses.tv", "training.train"}
    assert not may("losses.tv", {"losses.parse"})
    assert may("losses.parse", {"losses.parse"})


def test_every_exercise_is_asked_in_one_lesson():
    asked = [cell.name for path in LESSONS for cell in read_lesson(path) if cell.kind == "exercise"]
    assert sorted(asked) == EXERCISES.names()


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_rooms_of_a_lesson_stand_in_their_order(path):
    text = "\n".join(cell.source for cell in read_lesson(path) if cell.kind == "text").lower()
    rooms = ("picture", "prediction", "idea", "by hand", "see it", "library's version", "what we got", "recap")
    places = [text.find(room) for room in rooms]
    assert -1 not in places, [room for room, place in zip(rooms, places, strict=True) if place < 0]
    assert places == sorted(places)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_picture_has_words_for_those_who_cannot_see_it(path):
    for cell in read_lesson(path):
        if cell.kind == "text":
            assert "![](" not in cell.source
            continue
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("show", "compare"):
                assert "alt" in {keyword.arg for keyword in node.keywords}, cell.source
