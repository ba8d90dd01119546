"""Galleries in a real browser: sliders, keys and clicks turn the pages, and the right pixels are drawn."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from srkit.widgets import shapes
from srkit.widgets._sliders import Click, Page, axis_of, make_gallery, picture_of
from srkit.widgets._static import sliders_module
from tests.browser._sliders import Reader
from tests.browser.conftest import Tab

pytestmark = pytest.mark.browser


def page(position: tuple[int, ...]) -> Page:
    picture = torch.full((3, 6, 8), 0.1 + 0.2 * position[0])
    picture[0] = 0.5 * position[1]
    pictures = (
        picture_of("input", torch.zeros(3, 4, 4), "Black"),
        picture_of("result", picture, f"Grey {position}", zoom=10),
    )
    return Page(pictures, f"at {position}", f"f({position[0]}, {position[1]})")


def level(position: list[int]) -> list[int]:
    return [round(255 * 0.5 * position[1]), *[int(255 * (0.1 + 0.2 * position[0]) + 0.5)] * 2]


@pytest.fixture
def reader(tab: Tab, write_page: Callable[..., str]) -> Reader:
    axes = [axis_of("width", [1, 2, 3, 4], start=2), axis_of("noise", [0, 1])]
    tab.page.goto(write_page(make_gallery("Greys", axes, page, click=Click(("result",), (4, 2), (0, 1)))))
    return Reader(tab)


def shown(reader: Reader) -> list[int]:
    pixels = reader.picture("result")
    assert pixels.shape == (6, 8, 3)
    assert (pixels == pixels[0, 0]).all()
    return [int(value) for value in pixels[0, 0]]


def test_a_gallery_takes_the_place_of_its_tables_and_opens_at_the_start(reader: Reader) -> None:
    assert not reader.root.locator(".srkit-pages").is_visible()
    assert reader.position == [1, 0]
    assert shown(reader) == level([1, 0])
    assert reader.text == "at (1, 0)"
    canvas = reader.root.locator("canvas[aria-label='Grey (1, 0)']").bounding_box()
    assert (canvas["width"], canvas["height"]) == (80, 60)


def test_sliders_and_arrow_keys_turn_the_pages_and_zero_returns(reader: Reader) -> None:
    reader.root.get_by_label("noise").focus()
    reader.page.keyboard.press("ArrowRight")
    assert reader.position == [1, 1]
    assert shown(reader) == level([1, 1])
    reader.press("ArrowRight", "ArrowRight", "ArrowRight")
    assert reader.position == [3, 1]
    assert shown(reader) == level([3, 1])
    assert "4" in reader.root.locator(".srkit-axis output").first.inner_text()
    assert reader.press("0").position == [1, 0]


def test_dragging_a_slider_follows_the_hand(reader: Reader) -> None:
    box = reader.root.get_by_label("width").bounding_box()
    middle = box["y"] + box["height"] / 2
    reader.page.mouse.move(box["x"] + box["width"] / 3, middle)
    reader.page.mouse.down()
    reader.page.mouse.move(box["x"] + box["width"] - 3, middle, steps=8)
    reader.page.mouse.up()
    assert reader.position == [3, 0]
    assert shown(reader) == level([3, 0])


def test_holding_space_shows_the_start_and_letting_go_returns(reader: Reader) -> None:
    reader.press("ArrowRight")
    reader.page.keyboard.down("Space")
    assert shown(reader) == level([1, 0])
    assert reader.text.startswith("The start")
    reader.page.keyboard.up("Space")
    assert shown(reader) == level([2, 0])


def test_a_click_on_a_picture_chooses_the_cell_under_it(reader: Reader) -> None:
    reader.click("result", 0.8, 0.9)
    assert reader.position == [3, 1]
    reader.click("result", 0.2, 0.05)
    assert reader.position == [0, 0]


def test_a_picture_that_stays_the_same_is_still_drawn_and_plus_enlarges_whole_pixels(reader: Reader) -> None:
    reader.press("ArrowRight", "+")
    assert (reader.picture("input") == 0).all()
    box = reader.root.locator("canvas").nth(1).bounding_box()
    assert (box["width"], box["height"]) == (160, 120)
    assert reader.press("-", "-").root.locator("canvas").nth(1).bounding_box()["width"] == 80


def test_the_code_of_a_page_is_copied(reader: Reader) -> None:
    reader.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    reader.press("ArrowRight", "c")
    reader.page.wait_for_function("document.querySelector('.srkit-words').textContent !== 'at (2, 0)'")
    assert reader.root.locator(".srkit-code code").inner_text() == "f(2, 0)"


def test_without_scripts_the_first_page_is_there_and_the_others_unfold(
    open_tab: Callable[..., Tab], write_page: Callable[..., str]
) -> None:
    tab = open_tab(java_script_enabled=False)
    made = make_gallery("Greys", [axis_of("width", [1, 2]), axis_of("noise", [0])], page)
    network = torch.nn.Sequential(torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3)), torch.nn.ReLU())
    tab.page.goto(write_page(made, shapes(network, torch.rand(3, 8, 8))))
    assert tab.page.get_by_alt_text("Grey (0, 0)").is_visible()
    assert not tab.page.get_by_alt_text("Grey (1, 0)").is_visible()
    tab.page.get_by_text("1 further positions").click()
    assert tab.page.get_by_alt_text("Grey (1, 0)").is_visible()
    assert tab.page.get_by_text("112 parameters", exact=False).first.is_visible()


def test_a_damaged_picture_pages_the_tables_and_says_what_happened(tab: Tab, write_page: Callable[..., str]) -> None:
    html = make_gallery("Greys", [axis_of("width", [1, 2]), axis_of("noise", [0])], page)._repr_html_()
    start = html.index("base64,") + 7
    tab.page.goto(write_page(html[:start] + "AAAA" + html[start + 4 :]))
    tab.page.locator(".srkit-trouble").wait_for()
    assert tab.page.locator(".srkit-pages").is_visible()


def test_a_live_gallery_asks_for_a_page_it_lacks_and_draws_the_answer(tab: Tab, write_page: Callable[..., str]) -> None:
    widget = make_gallery("Live", [axis_of("width", [1, 2, 3, 4]), axis_of("noise", [0, 1])], page, live=True)
    tab.page.goto(write_page('<div id="here"></div>'))
    tab.page.evaluate(
        """async ([source, page, config]) => {
          const kept = { _page: page, _config: config, position: [0, 0] }, heard = {};
          window.model = {
            get: (name) => kept[name], off: () => {}, on: (name, f) => { heard[name] = f; },
            set: (name, value) => { kept[name] = value; heard[`change:${name}`]?.(); },
            save_changes: () => { window.asked = kept.position; },
          };
          const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
          await (await import(url)).default.render({ model: window.model, el: document.getElementById("here") });
        }""",
        [sliders_module(), widget._page, widget._config],
    )
    reader = Reader(tab)
    tab.page.locator(".srkit-pictures").focus()
    tab.page.keyboard.press("ArrowRight")
    tab.page.wait_for_function("String(window.asked) === '1,0'")
    widget.set_state({"position": [1, 0]})
    tab.page.evaluate("(answer) => model.set('_answer', answer)", widget._answer)
    tab.page.wait_for_function("document.querySelector('.srkit-words').textContent === 'at (1, 0)'")
    assert shown(reader.settle()) == level([1, 0])
