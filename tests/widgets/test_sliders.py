"""Galleries without a browser: positions, pages, what is left without scripts, and the kernel's door."""

from __future__ import annotations

import html
import json
import re
import sys

import pytest
import torch

from srkit.errors import BadInput
from srkit.widgets._sliders import Axis, Click, Page, SliderGallery, axis_of, make_gallery, picture_of
from tests.widgets.test_show import Images

AXES = [axis_of("width", [1, 2, 3], start=2), axis_of("noise", ["none", "much"])]


def page(position: tuple[int, ...]) -> Page:
    picture = torch.full((3, 4, 6), (1 + position[0]) / 4)
    fixed = picture_of("input", torch.zeros(3, 4, 6), "Black")
    return Page(
        (fixed, picture_of("result", picture, f"Grey {position}", zoom=2)), f"number {position}", f"f{position}"
    )


def gallery() -> SliderGallery:
    made = make_gallery("A <b>gallery", AXES, page, click=Click(("result",), (3, 2), (0, 1)))
    assert isinstance(made, SliderGallery)
    return made


def test_a_page_begins_with_the_start_and_holds_every_position_once() -> None:
    made = gallery()
    assert made.start == (1, 0)
    assert next(iter(made.pages)) == (1, 0)
    assert sorted(made.pages) == [(i, j) for i in range(3) for j in range(2)]
    assert made.words((2, 1)) == "width 3, noise much"


def test_with_too_many_positions_one_slider_is_moved_at_a_time() -> None:
    axes = [Axis(name, tuple(map(str, range(20))), 5) for name in "abc"]
    made = make_gallery("Star", axes, lambda position: Page((), str(position)))
    assert len(made.pages) == 1 + 3 * 19
    assert all(sum(a != b for a, b in zip(position, made.start, strict=True)) <= 1 for position in made.pages)


def test_without_scripts_pictures_words_and_code_remain_and_nothing_is_repeated() -> None:
    page = gallery().still()
    images = Images(page)
    assert images.tags <= {"div", "table", "tbody", "tr", "td", "b", "img", "code", "details", "summary"}
    assert [image["alt"] for image in images.images].count("Black") == 1
    assert len(images.images) == 2 + 4  # both of the start; of the others the two widths that differ, at two noises
    assert "number (1, 0)" in page
    assert "A &lt;b&gt;gallery" in page
    assert "<code>f(1, 0)</code>" in page
    assert (images.pixels(1) == 128).all()


def test_the_browser_is_told_titles_steps_and_what_a_click_does() -> None:
    found = re.search(r'data-config="([^"]*)"', gallery()._repr_html_())
    assert found
    config = json.loads(html.unescape(found[1]))
    assert config["pictures"] == ["input", "result"]
    assert config["axes"][0] == {"name": "width", "values": ["1", "2", "3"], "start": 1}
    assert config["click"] == {"pictures": ["result"], "grid": [3, 2], "axes": [0, 1]}


def test_printed_a_gallery_gives_the_numbers_of_every_position() -> None:
    lines = repr(gallery()).splitlines()
    assert lines[0] == "A <b>gallery"
    assert lines[1].startswith("width 2, noise none; number (1, 0)")
    assert len(lines) == 7


def test_a_slider_without_values_or_with_a_start_that_is_none_is_refused() -> None:
    with pytest.raises(BadInput, match="no values"):
        axis_of("alpha", [])
    with pytest.raises(BadInput, match=r"none of the steps of its slider: 1, 2"):
        axis_of("alpha", [1, 2], start=3)
    with pytest.raises(BadInput, match="batch of 2"):
        picture_of("x", torch.zeros(2, 3, 4, 4), "alt")


def test_a_live_gallery_makes_a_page_when_the_browser_turns_to_it() -> None:
    pytest.importorskip("anywidget")
    made: list[tuple[int, ...]] = []

    def counting(position: tuple[int, ...]) -> Page:
        made.append(position)
        return page(position)

    widget = make_gallery("Live", AXES, counting, live=True)
    assert made == [(1, 0)]
    widget.set_state({"position": [2, 1]})
    assert made == [(1, 0), (2, 1)]
    assert widget._answer["key"] == "2,1"
    assert 'data-page="2,1"' in widget._answer["html"]
    assert widget.page.text == "number (2, 1)"


def test_a_notebook_stores_the_page_beside_a_live_gallery(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("anywidget")
    widget = make_gallery("Live", AXES, page, live=True)
    shown: list[dict[str, str]] = []
    monkeypatch.setattr("IPython.display.display", lambda data, **_: shown.append(data))
    widget._ipython_display_()
    assert "application/vnd.jupyter.widget-view+json" in shown[1]
    assert "number (1, 0)" in shown[0]["text/html"]
    assert "<script" not in widget._page


def test_without_anywidget_a_live_gallery_says_what_works_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    from srkit.widgets import _sliders

    monkeypatch.setitem(sys.modules, "anywidget", None)
    _sliders._widget_class.cache_clear()
    with pytest.raises(BadInput, match="leave live out"):
        make_gallery("Live", AXES, page, live=True)
    monkeypatch.undo()
    _sliders._widget_class.cache_clear()
