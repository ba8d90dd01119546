"""Everybody can use the grader's pages: axe-core finds nothing, in light and dark, wide and on a telephone."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from autograder.bridge import Standing
from autograder.classpage import class_page
from autograder.classview import class_view
from autograder.intake import Refused
from autograder.people import Person
from autograder.questions import Question
from autograder.report import feedback_page
from autograder.similarity import SHIPPED, Match
from autograder.term import TermView
from autograder.termpage import term_page
from tests.autograder._class import ALL
from tests.autograder.test_pages import a_class, hostile_record, picture, record
from tests.browser._chromium import chromium

LONG = "a_word_without_any_place_to_break_it_" * 4


def pages():
    """Return name -> page; together they show everything that a page can show."""
    pair = {"criterion": "value", "yours": picture(np.zeros((3, 8, 8))), "expected": picture(np.full((3, 8, 8), 99))}
    shown = record(1, 2, 0, 5, 4)
    results = {
        name: replace(one, source=f"x = '{LONG}'\n" * 40, printed=f"{LONG}\n" * 40, images={"sr": pair}, message=LONG)
        for name, one in shown.results.items()
    }
    standing = Standing(score=12.0, penalty=2.0, manual={ALL[0]: 2.5}, comments={ALL[0]: "Nearly."}, late=True)
    waiting = Standing(score=None, waiting=(ALL[1],))
    current = a_class({f"student {n}": (n % 4, n % 5, 4, 5, 4 - n % 3) for n in range(12)} | {LONG: (0, 0, 0, 0, 0)})
    view = class_view(
        "Lesson 11", current, {"student 1": waiting}, {"zoe": LONG}, notes={"student 2": LONG}, late=("student 3",)
    )
    codes = ("def f(x):\n    return x\n" * 30, f"{LONG}\n" * 5)
    alike = [
        Match(exercise=ALL[0], names=("student 1", SHIPPED), share=1.0, codes=codes),
        Match(exercise=ALL[1], names=("student 1", "student 2"), share=0.9, codes=codes),
        Match(exercise=ALL[2], names=("student 1", SHIPPED), share=1.0, codes=codes, common=5),
    ]
    question = Question(exercises=frozenset(ALL[:1]), scores={"a.ipynb": 3.0, LONG: None}, text="Which one?")
    called = [("student 4", ALL[0], ("fold", "unfold"))]
    lesson = class_page(view, "../{student}.html", {"student 5": question}, alike, called)
    unused = (Refused(name=LONG, reason="not a notebook", person=Person(student="zoe")),)
    term = TermView(lessons={10: view, 11: view}, nothing={"yan": LONG}, unused=unused, asks={"Ann": "the same?"})
    return {
        "feedback": feedback_page("Lesson 11", "ada", replace(shown, results=results), standing, ("a.ipynb", LONG)),
        "waiting": feedback_page("Lesson 11", "ada", hostile_record(), waiting),
        "lesson": lesson,
        "nobody": class_page(class_view("Lesson 11", {})),
        "term": term_page(term),
    }


@pytest.mark.browser
@pytest.mark.needs("axe")
def test_axe_finds_nothing_on_any_page_and_none_is_wider_than_a_telephone(tmp_path, system_executable):
    axe, found = Path(system_executable("axe")).read_text(encoding="utf-8"), {}
    with chromium() as browser:
        for name, text in pages().items():
            (tmp_path / name).with_suffix(".html").write_text(text, encoding="utf-8", errors="replace")
            for theme, width in (("light", 1000), ("dark", 320)):
                page = browser.new_page(viewport={"width": width, "height": 700}, color_scheme=theme, bypass_csp=True)
                page.goto((tmp_path / name).with_suffix(".html").as_uri())
                page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
                page.evaluate(axe)
                told = page.evaluate("axe.run().then(told => [told.violations, told.passes.length])")
                assert told[1] > 10
                found |= {(name, theme, one["id"]): one["nodes"][0]["html"] for one in told[0]}
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, theme)
                page.close()
    assert found == {}
