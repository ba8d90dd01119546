"""The viewer in a real browser: every way of looking, operated by hand, with what it draws read back pixel by pixel."""

from __future__ import annotations

import ast
from collections.abc import Callable

import numpy as np
import pytest
import torch

from srkit.metrics import Protocol
from srkit.metrics.protocol import planes
from srkit.ops.colours import SEQUENTIAL, painted
from srkit.ops.statistics import ssim_map
from srkit.widgets import compare, error_map
from srkit.widgets._compare import checked_view
from tests.browser._viewer import Viewer, chart, picture_of
from tests.browser.conftest import Tab

pytestmark = pytest.mark.browser


@pytest.fixture
def viewer(tab: Tab, write_page: Callable[..., str]) -> Viewer:
    tab.page.goto(write_page(compare(**chart(), scale=4, alt="Rings on coloured squares")))
    return Viewer(tab)


def levels(picture: torch.Tensor) -> np.ndarray:
    return (picture * 255 + 0.5).floor().to(torch.uint8).permute(1, 2, 0).numpy()


def test_the_viewer_takes_the_place_of_the_table_and_begins_with_the_worse_beside_the_better(viewer: Viewer) -> None:
    assert not viewer.root.locator(".srkit-still").is_visible()
    view = viewer.view
    assert (view["mode"], view["left"], view["right"]) == ("slider", 0, 1)
    assert "PSNR, whole" in viewer.text(".srkit-numbers")
    assert compare(**chart(), scale=4).contents.whole[0][0] in viewer.text(".srkit-numbers")


def test_what_is_seen_first_depends_on_how_many_results_there_are(tab: Tab, write_page: Callable[..., str]) -> None:
    made, truth = chart(), chart()["truth"]
    better, worse = made["bicubic"], made["blocks"]
    tab.page.goto(
        write_page(
            compare(better=better, worse=worse, truth=truth),
            compare(one=better, truth=truth),
            compare(a=better, b=worse, c=truth),
            compare(lr=truth[:, ::4, ::4], worse=worse, better=better, truth=truth),
        )
    )
    first = [(view["mode"], view["left"], view["right"]) for view in (Viewer(tab, i).view for i in range(4))]
    assert first == [("slider", 1, 0), ("slider", 0, 1), ("grid", 0, 2), ("grid", 1, 2)]


@pytest.mark.parametrize(("mode", "zoom", "pane"), [("slider", 3, (884, 480)), ("grid", 2, (440, 238))])
def test_it_begins_filled_by_the_pictures_and_where_they_differ_most(
    tab: Tab, write_page: Callable[..., str], mode: str, zoom: int, pane: tuple[int, int]
) -> None:
    truth = torch.full((3, 200, 300), 0.5)
    one, other = truth.clone(), truth.clone()
    one[:, 20:40, 250:270] += 0.3
    other[:, 150:152, 20:22] += 0.4
    tab.page.goto(write_page(compare(one=one, other=other, truth=truth, view={"mode": mode})))
    viewer = Viewer(tab)
    view = viewer.view
    assert view["zoom"] == zoom
    assert all(
        abs(at - place) < side / zoom / 2 for at, place, side in zip(view["centre"], (260, 30), pane, strict=True)
    )
    tab.page.set_viewport_size({"width": 1400, "height": 1000})
    larger = "([root, zoom]) => root.srkit.view.zoom > zoom"
    tab.page.wait_for_function(larger, arg=[viewer.root.element_handle(), zoom], timeout=10_000)
    viewer.set(zoom=2, centre=[10, 10])
    tab.page.set_viewport_size({"width": 700, "height": 1000})
    viewer.page.wait_for_function("(root) => root.srkit.stage.width < 800", arg=viewer.root.element_handle())
    assert (viewer.view["zoom"], viewer.view["centre"]) == (2, [10, 10])


def test_dragging_the_divider_moves_the_border_between_the_two_pictures(viewer: Viewer) -> None:
    viewer.set(left=0)
    box = viewer.root.locator(".srkit-divider").bounding_box()
    start = (box["x"] + 12, box["y"] + box["height"] / 2)
    viewer.drag(start, (start[0] - 120, start[1]))
    width = viewer.root.locator(".srkit-canvas").bounding_box()["width"]
    assert viewer.view["split"] == pytest.approx(0.5 - 120 / width, abs=0.01)
    viewer.press("v")
    assert viewer.root.locator(".srkit-divider").get_attribute("aria-orientation") == "vertical"


def test_the_divider_is_a_slider_for_the_keyboard_and_for_screen_readers(viewer: Viewer) -> None:
    divider = viewer.root.locator(".srkit-divider")
    assert divider.get_attribute("role") == "slider"
    divider.focus()
    viewer.page.keyboard.press("ArrowRight")
    viewer.page.keyboard.press("Shift+ArrowRight")
    viewer.settle()
    assert viewer.view["split"] == pytest.approx(0.61)
    assert divider.get_attribute("aria-valuenow") == "61"
    viewer.page.keyboard.press("Home")
    assert viewer.settle().view["split"] == 0


@pytest.mark.parametrize("ratio", [1, 2])
def test_at_every_zoom_each_pixel_is_drawn_as_one_square_of_its_own_colour(
    open_tab: Callable[..., Tab], write_page: Callable[..., str], ratio: int
) -> None:
    tab = open_tab(device_scale_factor=ratio)
    tab.page.goto(write_page(compare(**chart(), scale=4)))
    viewer = Viewer(tab).press("f", "3")
    truth = levels(chart()["truth"])
    for zoom in (1, 3, 8):
        shown = viewer.set(zoom=zoom, centre=[40, 30]).canvas()
        size = zoom * ratio
        top, left = round(shown.shape[0] / 2 - 30 * size), round(shown.shape[1] / 2 - 40 * size)
        rows, columns = np.arange(shown.shape[0]), np.arange(shown.shape[1])
        y, x = (rows - top) // size, (columns - left) // size
        inside = np.ix_((y >= 8) & (y < 60), (x >= 0) & (x < 80))  # below the label
        expected = truth[np.ix_(np.clip(y, 0, 59), np.clip(x, 0, 79))]
        assert (shown[inside] == expected[inside]).all()


def test_wheel_and_keys_work_at_once_below_the_pointer_and_end_where_it_leaves(viewer: Viewer) -> None:
    viewer.set(mode="flip", zoom=8, centre=[40, 30])
    viewer.page.evaluate("document.body.style.height = '4000px'")
    point = viewer.screen(30, 25)
    viewer.page.mouse.move(5, 5)
    viewer.page.mouse.move(*point, steps=2)
    viewer.page.mouse.wheel(0, -100)
    larger = "([root, zoom]) => root.srkit.view.zoom > zoom"
    viewer.page.wait_for_function(larger, arg=[viewer.root.element_handle(), 8], timeout=10_000)
    assert viewer.screen(30, 25) == pytest.approx(point, abs=1.5)
    viewer.page.keyboard.press("3")
    assert viewer.settle().view["left"] == 2
    viewer.page.mouse.move(5, 950)
    viewer.page.keyboard.press("1")
    assert viewer.settle().view["left"] == 2
    assert viewer.page.evaluate("window.scrollY") == 0


def test_the_page_scrolls_on_below_a_resting_pointer_and_where_the_whole_is_seen(viewer: Viewer) -> None:
    viewer.page.evaluate("document.body.prepend(Object.assign(document.createElement('p'), { style: 'height:600px' }))")
    viewer.page.evaluate("document.body.style.height = '4000px'")
    viewer.page.evaluate("window.scrollTo(0, 0)")
    before = viewer.view["zoom"]
    viewer.page.mouse.move(450, 300)
    for so_far in (0, 300):
        viewer.page.mouse.wheel(0, 300)
        viewer.page.wait_for_function("(y) => window.scrollY > y + 200", arg=so_far, timeout=10_000)
    assert viewer.view["zoom"] == before
    viewer.press("0")
    viewer.page.mouse.move(460, 310, steps=3)
    viewer.page.mouse.wheel(0, 300)
    viewer.page.wait_for_function("() => window.scrollY > 800", timeout=10_000)


def test_no_key_is_the_viewers_while_something_is_written_elsewhere(viewer: Viewer) -> None:
    viewer.page.evaluate("document.body.prepend(document.createElement('textarea'))")
    viewer.page.locator("textarea").focus()
    viewer.page.mouse.move(*viewer.screen(40, 30), steps=3)
    viewer.page.keyboard.type("fg3")
    assert viewer.page.locator("textarea").input_value() == "fg3"
    assert viewer.settle().view["mode"] == "slider"


def test_dragging_moves_the_picture_with_the_hand_and_all_panes_move_alike(viewer: Viewer) -> None:
    viewer.set(mode="side", zoom=4, left=0, right=2)
    first, second = viewer.screen(30, 30, pane=0), viewer.screen(30, 30, pane=1)
    viewer.drag(first, (first[0] + 60, first[1] - 20))
    assert viewer.screen(30, 30, pane=0) == pytest.approx((first[0] + 60, first[1] - 20), abs=1.5)
    assert viewer.screen(30, 30, pane=1) == pytest.approx((second[0] + 60, second[1] - 20), abs=1.5)
    shown = viewer.canvas()
    x, y = viewer.screen(40.5, 30.5, pane=1)
    box = viewer.root.locator(".srkit-canvas").bounding_box()
    truth = levels(chart()["truth"])
    assert (shown[int(y - box["y"]), int(x - box["x"])] == truth[30, 40]).all()


def test_flipping_with_number_keys_never_shows_a_blank_frame(tab: Tab, write_page: Callable[..., str]) -> None:
    colours = {"red": (200, 0, 0), "green": (0, 200, 0), "blue": (0, 0, 200)}
    flat = {name: torch.tensor(c, dtype=torch.uint8)[:, None, None].expand(3, 400, 400) for name, c in colours.items()}
    tab.page.goto(write_page(compare(**flat)))
    viewer = Viewer(tab).press("f")
    watch = """(root) => {
      window.seen = [];
      const canvas = root.querySelector(".srkit-canvas");
      const look = () => {
        const [x, y] = [canvas.width / 2, canvas.height / 2];
        window.seen.push(Array.from(canvas.getContext("2d").getImageData(x, y, 1, 1).data).join());
        window.watching = requestAnimationFrame(look);
      };
      look();
    }"""
    viewer.ask(watch)
    viewer.press(*"123123321132")
    seen = set(tab.page.evaluate("(cancelAnimationFrame(window.watching), window.seen)"))
    assert seen <= {f"{r},{g},{b},255" for r, g, b in colours.values()}
    assert viewer.view["left"] == 1
    assert (viewer.canvas()[200, 400] == colours["green"]).all()


def test_holding_space_peeks_at_the_right_picture_and_letting_go_returns(viewer: Viewer) -> None:
    viewer.press("f", "1")
    before = viewer.canvas()
    viewer.page.keyboard.down("Space")
    held = viewer.canvas()
    viewer.page.keyboard.up("Space")
    assert (viewer.canvas() == before).all()
    assert (held != before).any()
    assert (held == viewer.press("2").canvas()).all()


def test_a_region_drawn_by_hand_has_the_numbers_that_srkit_gives_for_it(viewer: Viewer) -> None:
    viewer.press("0", "r").drag(viewer.screen(11.2, 8.7), viewer.screen(51.4, 40.1))
    region = viewer.view["region"]
    assert region == [11, 8, 41, 33]
    expected = compare(**chart(), scale=4).region(*region)
    found = viewer.ask("(root) => root.srkit.numbers")
    table = viewer.text(".srkit-numbers")
    for i, name in enumerate(("blocks", "bicubic")):
        assert found[i]["psnr"] == pytest.approx(expected[name][0], rel=1e-13)
        assert found[i]["ssim"] == pytest.approx(expected[name][1], rel=1e-12)
        assert f"{expected[name][0]:.2f} dB" in table
        assert f"{expected[name][1]:.4f}" in table
    assert "region at 11, 8, 41 x 33 px" in table


def test_a_region_that_the_page_opens_with_is_measured_too(tab: Tab, write_page: Callable[..., str]) -> None:
    made = compare(**chart(), scale=4, view={"region": [11, 8, 41, 33]})
    tab.page.goto(write_page(made))
    table = Viewer(tab).text(".srkit-numbers")
    for psnr, ssim in made.region(11, 8, 41, 33).values():
        assert f"{psnr:.2f} dB" in table
        assert f"{ssim:.4f}" in table


def test_the_error_map_has_the_colours_that_python_paints(viewer: Viewer) -> None:
    pictures = chart()
    for look, kind in (("signed", "signed"), ("absolute", "absolute")):
        viewer.set(mode="flip", left=0, look=look, limit=40, zoom=4, centre=[40, 30])
        shown = viewer.canvas().astype(int)
        expected = error_map(pictures["blocks"], pictures["truth"], kind=kind).painted(40).astype(int)  # type: ignore[arg-type]
        top, left = shown.shape[0] // 2 - 120, shown.shape[1] // 2 - 160
        drawn = shown[top + 2 : top + 240 : 4, left + 2 : left + 320 : 4]
        assert np.abs(drawn[8:] - expected[8:]).max() <= 1  # the browser's table has 1024 steps
    assert "0 to 40 levels of Y" in viewer.text(".srkit-frame")


def test_squared_error_and_ssim_map_have_the_colours_of_srkits_numbers(viewer: Viewer) -> None:
    pictures = chart()
    error = error_map(pictures["blocks"], pictures["truth"]).levels
    ours, theirs = (planes(pictures[name][None], Protocol()) for name in ("blocks", "truth"))
    similar = ssim_map(ours, theirs, window=11, peak=255.0)[0, 0].numpy()
    for look, unit, border in (("squared", (error / 40) ** 2, 0), ("ssim", 1 - similar, 5)):
        viewer.set(mode="flip", left=0, look=look, limit=40, zoom=4, centre=[40, 30])
        shown = viewer.canvas().astype(int)
        top, left = shown.shape[0] // 2 - 120, shown.shape[1] // 2 - 160
        drawn = shown[top + 2 : top + 240 : 4, left + 2 : left + 320 : 4]
        inside = drawn[border : 60 - border, border : 80 - border]
        expected = painted(unit, SEQUENTIAL).astype(int)
        assert np.abs(inside[8:] - expected[8:]).max() <= 1  # the browser's table has 1024 steps
        if border:
            assert (drawn[58, 20:] == (0x6B, 0x6B, 0x6B)).all()
    assert "1 (alike) to 0 or below (unlike): SSIM of Y" in viewer.text(".srkit-frame")
    viewer.page.mouse.move(*viewer.screen(40.5, 30.5))
    viewer.root.locator(".srkit-readout", has_text=f"(SSIM {similar[25, 35]:.4f})").wait_for()
    assert "0 to 1600 squared levels of Y" in viewer.set(look="squared").text(".srkit-frame")


def test_blind_mode_hides_names_and_numbers_until_it_ends(viewer: Viewer) -> None:
    viewer.press("r").drag(viewer.screen(11, 8), viewer.screen(51, 40))
    viewer.press("g", "x")
    text = viewer.text(".srkit-frame")
    assert "blocks" not in text
    assert "bicubic" not in text
    assert " dB" not in text
    assert sorted(viewer.ask("(root) => root.srkit.order.slice(0, 2)")) == [0, 1]
    assert viewer.ask("(root) => root.srkit.order[2]") == 2
    viewer.press("x")
    assert "bicubic" in viewer.text(".srkit-frame")
    assert " dB" in viewer.text(".srkit-frame")


def test_two_viewers_on_one_page_do_not_touch_each_other(tab: Tab, write_page: Callable[..., str]) -> None:
    pictures = chart()
    first = compare(**pictures, view={"zoom": 2})
    second = compare(a=pictures["blocks"], b=pictures["bicubic"], view={"zoom": 3})
    tab.page.goto(write_page(first, second))
    upper, lower = Viewer(tab, 0), Viewer(tab, 1)
    upper.press("g", "n")
    assert (upper.view["mode"], upper.view["smooth"], upper.view["zoom"]) == ("grid", True, 2)
    assert (lower.view["mode"], lower.view["smooth"], lower.view["zoom"]) == ("slider", False, 3)
    assert "No truth was given" in lower.text(".srkit-rule")
    assert lower.ask("(root) => Array.from(root.querySelectorAll('option')).map((o) => o.value)").count("signed") == 0


def test_every_control_has_a_name_and_every_key_of_the_help_does_something(viewer: Viewer) -> None:
    unnamed = """(root) => Array.from(root.querySelectorAll("button, select, input, canvas[role], [role=slider]"))
      .filter((made) => !made.getAttribute("aria-label") && !made.textContent.trim()).length"""
    assert viewer.ask(unnamed) == 0
    for key in "sfdgvknezhxmrlbo[],.":
        before = viewer.press("g" if key in "sfd" else "f").set(tool="box" if key == "m" else "move", zoom=3).view
        assert viewer.press(key).view != before, key
    viewer.press("?")
    assert viewer.root.locator(".srkit-help").is_visible()
    viewer.press("Escape")
    assert not viewer.root.locator(".srkit-help").is_visible()


def test_the_read_out_names_the_pixel_under_the_cursor_and_its_values(viewer: Viewer) -> None:
    viewer.page.mouse.move(*viewer.screen(17.5, 23.5))
    truth = levels(chart()["truth"])[23, 17]
    viewer.root.locator(".srkit-readout", has_text="x 17, y 23").wait_for()
    assert f"truth {truth[0]} {truth[1]} {truth[2]}" in viewer.text(".srkit-readout")


def test_the_copied_view_is_python_that_compare_accepts_and_that_looks_the_same(viewer: Viewer) -> None:
    viewer.set(mode="side", zoom=6, centre=[20.5, 30], region=[4, 5, 20, 20], look="signed")
    board = "{ value: { writeText: async (text) => { window.copied = text; } } }"
    viewer.ask(f"() => {{ Object.defineProperty(navigator, 'clipboard', {board}); }}")
    viewer.press("c")
    view = ast.literal_eval(viewer.page.evaluate("window.copied").removeprefix("view="))
    made = compare(**chart(), scale=4)
    assert checked_view(view, made.contents)["region"] == [4, 5, 20, 20]
    assert {name: viewer.view[name] for name in view} == view


def test_the_lines_of_the_chart_and_the_strip_of_the_magnifier_appear_on_demand(viewer: Viewer) -> None:
    assert not viewer.root.locator(".srkit-chart").is_visible()
    viewer.press("l").drag(viewer.screen(5, 30), viewer.screen(70, 30))
    assert viewer.root.locator(".srkit-chart").is_visible()
    assert viewer.view["line"] == pytest.approx([5, 30, 70, 30], abs=0.5)
    viewer.press("Delete")
    assert not viewer.root.locator(".srkit-chart").is_visible()
    viewer.press("m", "z", "f")
    viewer.page.mouse.move(*viewer.screen(40.5, 30.5))
    assert viewer.settle().root.locator(".srkit-strip figure").count() == 3
    uri = viewer.ask("(root) => root.querySelectorAll('.srkit-strip canvas')[2].toDataURL()")
    strip = picture_of(uri)[3::6, 3::6]
    assert (strip == levels(chart()["truth"])[20:41, 30:51])[[0, 5, 20]].all()
