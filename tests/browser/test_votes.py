"""Blind votes in a page: cast by hand and by keyboard, taken back, and counted as Python counts them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from srkit.evaluation import bradley_terry
from srkit.widgets import votes
from srkit.widgets._votes import Ballot, count_wins
from tests.browser.conftest import Tab

pytestmark = pytest.mark.browser


def ballot() -> Ballot:
    draw = torch.Generator().manual_seed(0)
    results = {
        image: {name: torch.rand(3, 40, 60, generator=draw) for name in ("bicubic", "edsr", "rcan")} for image in "ab"
    }
    made = votes(results, question="Which one?", repeats=2)
    assert isinstance(made, Ballot)
    return made


@pytest.fixture
def opened(tab: Tab, tmp_path: Path) -> Tab:
    page = tmp_path / "votes.html"
    page.write_text(f"<!doctype html><meta charset=utf-8>{ballot()._repr_html_()}", "utf-8")
    tab.page.goto(page.as_uri())
    tab.page.locator(".srkit-votes .srkit-canvas").wait_for()
    return tab


def choose(page: Any, name: str) -> None:
    page.wait_for_function("() => document.querySelector('.srkit-votes .srkit-compare')?.srkit")
    page.get_by_role("button", name=name).click()


def test_while_votes_are_cast_no_name_is_seen_and_no_number(opened: Tab) -> None:
    text = opened.page.locator(".srkit-votes").inner_text()
    assert "Which one? (1 of 8)" in text
    assert not any(name in text for name in ("bicubic", "edsr", "rcan", "PSNR,"))
    assert "1 A" in opened.page.locator("select").first.inner_text()


def test_the_result_is_what_python_makes_of_the_same_votes(opened: Tab) -> None:
    made, cast = ballot(), []
    for number, pair in enumerate(made.pairs):
        image, left, right = pair
        preferred = -1 if number == 2 else max(left, right) if number % 3 else left
        cast.append((image, left, right, preferred))
        choose(opened.page, "No difference" if preferred == -1 else f"{'A' if preferred == left else 'B'} is better")
    assert opened.page.locator(".srkit-votes").evaluate("(root) => root.srkit.cast") == [list(vote) for vote in cast]
    scores = 400 * bradley_terry(count_wins(cast, 3), virtual=0.5).log10()
    scores -= scores.mean()
    rows = [row.split("\t") for row in opened.page.locator(".srkit-numbers tbody tr").all_inner_texts()]
    assert [row[0] for row in rows] == [made.methods[i] for i in scores.argsort(descending=True)]
    for name, _, score in rows:
        assert float(score) == pytest.approx(float(scores[made.methods.index(name)]), abs=0.51)
    decided = [vote for vote in cast if vote[3] != -1]
    left = sum(vote[1] == vote[3] for vote in decided)
    same = sum(vote[3] == first[3] for vote, first in zip(cast[-2:], cast[:2], strict=True))
    words = opened.page.locator(".srkit-votes").inner_text()
    assert f"{left} of {len(decided)} decided votes went to picture A. Of 2 pairs asked twice" in words
    assert f"changed, {same} got the same answer" in words


def test_a_vote_is_cast_by_keyboard_and_taken_back(opened: Tab) -> None:
    opened.page.get_by_role("button", name="B is better").focus()
    opened.page.keyboard.press("Enter")
    assert "(2 of 8)" in opened.page.locator(".srkit-votes").inner_text()
    choose(opened.page, "Take the last vote back")
    assert "(1 of 8)" in opened.page.locator(".srkit-votes").inner_text()
    assert opened.page.get_by_role("button", name="Take the last vote back").is_hidden()


def test_a_picture_that_was_moved_to_the_other_side_or_given_another_letter_keeps_its_votes(opened: Tab) -> None:
    viewer = "document.querySelector('.srkit-votes .srkit-compare').srkit"
    opened.page.wait_for_function(f"() => {viewer}")
    for change in ("{ left: 1, right: 0 }", "{ blind: true }"):
        opened.page.evaluate(f"() => {viewer}.set({change})")
        letter = opened.page.evaluate(f"() => {viewer}.label({viewer}.view.left)")
        expected = opened.page.evaluate(f"() => {viewer}.view.left")
        pair = ballot().pairs[0]
        choose(opened.page, f"{letter} is better")
        cast = opened.page.locator(".srkit-votes").evaluate("(root) => root.srkit.cast")
        assert cast == [[*pair, pair[1 + expected]]]
        opened.page.get_by_role("button", name="Take the last vote back").click()
        opened.page.wait_for_function(f"() => {viewer}")
