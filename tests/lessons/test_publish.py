"""The published course: solved lessons as pages that ask no other machine for anything."""

import re

import nbformat
import pytest

from srkit.datasets import samples
from srkit.widgets import compare
from tests.house.test_static import FETCHED, NAMESPACES
from tools import press, publish

LESSONS = press.sources()


@pytest.fixture(scope="module")
def page():
    """A small lesson with a formula, code, a picture and a dead widget, exported."""
    pair = samples(scale=2)[0]
    shown = compare(lr=pair.hr[:, :16, :16], truth=pair.hr[:, :16, :16], alt="A corner")._repr_html_()
    output = nbformat.v4.new_output("display_data", {"text/html": shown})
    stale = nbformat.v4.new_output(
        "display_data", {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}, "text/plain": "a slider"}
    )
    cells = [
        nbformat.v4.new_markdown_cell("# Title\n\nFor $y = x_1^2$, not `$HOME`:\n\n$$\\frac{1}{2}$$"),
        nbformat.v4.new_code_cell("1 + 1", outputs=[output, stale]),
    ]
    return publish.export(nbformat.v4.new_notebook(cells=cells), "Title")


def test_a_published_page_asks_no_other_machine_for_anything(page):
    assert [address for address in FETCHED.findall(page) if not address.startswith(NAMESPACES)] == []
    assert "window.MathJax" not in page


def test_formulas_become_mathml_and_code_stays_as_it_is(page):
    assert page.count("<math") == 2
    assert "<mfrac>" in page
    assert "$HOME" in page


def test_the_viewer_is_in_the_page_and_a_dead_widget_is_not(page):
    assert "data:image/png;base64," in page
    assert "srkit-compare" in page
    assert "widget-view" not in page
    assert "a slider" in page


def test_a_formula_broken_over_a_line_is_one_formula_and_one_broken_by_a_paragraph_is_none():
    assert publish.formulas_to_mathml("with $a +\nb$ of").count("<math") == 1
    assert publish.formulas_to_mathml("a $b\n\nc$ d") == "a $b\n\nc$ d"


@pytest.mark.parametrize("text", ["It costs 5$ and 6$.", "`$a$`", "```\n$x$\n```", "\\$x\\$"])
def test_a_dollar_that_opens_no_formula_is_left_alone(text):
    assert publish.formulas_to_mathml(text) == text


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_formula_of_a_lesson_can_be_published(path):
    for cell in publish.solved(path).cells:
        if cell.cell_type == "markdown":
            published = publish.formulas_to_mathml(cell.source)
            assert "$" not in re.sub(r"```.*?```|`[^`\n]*`|\\\$", "", published, flags=re.DOTALL)
            assert not re.findall(r">\\[a-zA-Z]+<", published), "LaTeX that the converter does not know"


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_what_is_published_holds_the_solutions_and_no_hidden_call(path):
    text = "".join(cell.source for cell in publish.solved(path).cells)
    assert "NotImplementedError(" not in text.replace("raise NotImplementedError…", "")
    assert "SOLUTION" not in text
    assert "exercises.score" not in text


def test_the_page_of_contents_lists_the_lessons_by_their_headings():
    page = publish.contents([("02_a.html", "Measuring <quality>")])
    assert '02 <a href="02_a.html">Measuring &lt;quality&gt;</a>' in page
    assert publish.title_of(LESSONS[-1])
