"""Every widget in one JupyterLab notebook: opened, operated, its state read from Python, saved, reopened, exported."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.browser._contrast import faint_texts
from tests.browser._lab import FRONT, Lab
from tests.browser._recorded import looks_as_recorded
from tests.browser._shelf import CELLS, LIVE, NAME, Shelf
from tests.browser._sliders import Reader
from tests.browser._viewer import Viewer
from tests.browser.conftest import Tab

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SHOWN = [name for name in CELLS if name != "setup"]
STILL = [name for name in SHOWN if name != "monitor"]  # what a run has reached when it is looked at is left to chance


@pytest.fixture(scope="module")
def shelf(lab: Lab, desk: Tab) -> Shelf:
    lab.write(NAME, *CELLS.values())
    lab.open(desk.page, NAME)
    lab.run_all(desk.page)
    made = Shelf(lab, desk)
    for name in LIVE:
        desk.page.locator(made.place(name)).locator("img, canvas").first.wait_for(state="attached")
    return made


@pytest.mark.parametrize("name", STILL)
def test_a_widget_looks_in_jupyterlab_as_it_did_when_it_was_last_looked_at(shelf: Shelf, name: str) -> None:
    if shelf.page.locator(f"{shelf.place(name)} >> .srkit-sliders").count():
        Reader(shelf.tab, inside=shelf.place(name))
    shelf.page.mouse.move(0, 0)
    assert looks_as_recorded(shelf.outputs(name).screenshot(), f"jupyter_{name}")


def test_of_a_live_widget_and_its_twin_one_is_seen(shelf: Shelf) -> None:
    for name in LIVE:
        outputs = shelf.outputs(name)
        assert outputs.locator(".srkit-alive").is_visible(), name
        assert not outputs.locator(".srkit-twin").is_visible(), name


def test_python_follows_divider_wheel_keys_and_region_of_a_live_comparison(shelf: Shelf) -> None:
    viewer = Viewer(shelf.tab, inside=shelf.place("compare_live"))
    divider = viewer.root.locator(".srkit-divider").bounding_box()
    start = (divider["x"] + 12, divider["y"] + divider["height"] / 2)
    viewer.drag(start, (start[0] + 90, start[1]))
    viewer.press("0", "r").drag(viewer.screen(20.3, 10.3), viewer.screen(50.6, 40.6))
    viewer.page.mouse.move(*viewer.screen(30, 30))
    viewer.page.mouse.wheel(0, -100)
    viewer.page.wait_for_function("(root) => root.srkit.view.zoom > 5", arg=viewer.root.element_handle())
    viewer.press("d", "e")
    shelf.wait_for("seen.roi", (20, 10, 31, 31))
    fields = ("mode", "look", "split", "zoom", "centre")
    shelf.wait_for(f"{{name: seen.view[name] for name in {fields}}}", {name: viewer.view[name] for name in fields})
    assert (viewer.view["mode"], viewer.view["look"]) == ("side", "signed")
    numbers = shelf.ask("seen.numbers")
    table = viewer.text(".srkit-numbers")
    assert all(f"{psnr:.2f} dB" in table and f"{ssim:.4f}" in table for psnr, ssim in numbers.values())


def test_python_has_the_votes_that_were_cast_by_hand(shelf: Shelf) -> None:
    buttons = shelf.page.locator(shelf.place("votes"))
    assert shelf.ask("float(ballot.wins.sum())") == 0
    buttons.get_by_role("button", name="A is better").click()
    shelf.wait_for(
        "[list(vote) for vote in ballot.votes]", shelf.ask("[[*ballot.ballot.pairs[0], ballot.ballot.pairs[0][1]]]")
    )
    buttons.get_by_role("button", name="Take the last vote back").click()
    shelf.wait_for("len(ballot.votes)", 0)


def drag_slider(reader: Reader, name: str) -> None:
    """Drag the slider called ``name`` from where it stands to its right end."""
    slider = reader.root.get_by_label(name)
    slider.scroll_into_view_if_needed()
    box, end = slider.bounding_box(), int(slider.get_attribute("max"))
    middle, thumb = box["y"] + box["height"] / 2, box["x"] + 8 + (box["width"] - 16) * int(slider.input_value()) / end
    reader.page.mouse.move(thumb, middle)
    reader.page.mouse.down()
    reader.page.mouse.move(box["x"] + box["width"] - 2, middle, steps=5)
    reader.page.mouse.up()
    reader.settle()


GALLERIES: dict[str, tuple[str, Callable[[Reader], Any], list[int]]] = {
    "degrade_lab": ("spoilt", lambda reader: drag_slider(reader, "noise: sigma"), [10, 30]),
    "upsample_zoom": ("zoomed", lambda reader: reader.press("ArrowRight", "ArrowUp"), [3, 21]),
    "upsample_zeros": ("zeros", lambda reader: drag_slider(reader, "stride"), [1, 2]),
    "upsample_shuffle": ("shuffled", lambda reader: reader.click("shuffled", 0.96, 0.54), [6, 11]),
    "receptive_field": ("field", lambda reader: reader.click("result", 0.255, 0.13), [10, 24]),
    "feature_maps": ("maps", lambda reader: reader.click("all channels", 0.99, 0.01), [7]),
    "attention_channels": ("channels", lambda reader: reader.press("ArrowRight"), [1]),
    "attention_pixels": ("pixels", lambda reader: reader.click("image", 0.26, 0.76), [0, 30, 12]),
    "attention_window": ("window", lambda reader: reader.press("ArrowRight"), [1, 20, 24]),
    "kernel_lab": ("kernels", lambda reader: drag_slider(reader, "believed width"), [1, 2]),
    "mix_lab": ("mixed", lambda reader: reader.press("ArrowRight", "ArrowRight", "ArrowRight"), [3]),
    "tv_lab": ("smoothed", lambda reader: drag_slider(reader, "strength"), [3]),
    "ensemble_lab": ("views", lambda reader: reader.press("ArrowRight", "ArrowRight"), [2]),
}


@pytest.mark.parametrize("name", GALLERIES)
def test_a_laboratory_shows_what_python_has_at_the_place_the_hand_chose(shelf: Shelf, name: str) -> None:
    variable, act, expected = GALLERIES[name]
    reader = Reader(shelf.tab, inside=shelf.place(name))
    act(reader)
    assert reader.position == expected
    if name in LIVE:
        shelf.wait_for(f"list({variable}.position)", expected)
    page = f"{variable}.page" if name in LIVE else f"{variable}.pages[{tuple(expected)}]"
    assert reader.text == shelf.ask(f"{page}.text")
    assert reader.ask("(root) => root.querySelector('.srkit-code code').textContent") == shelf.ask(f"{page}.code")
    pixels = f"[(one.title, one.pixels[0, 0].tolist()) for one in {page}.pictures if one.pixels.ndim == 3]"
    for title, corner in shelf.ask(pixels):
        assert reader.picture(title)[0, 0].tolist() == corner, title


def test_sliders_follow_python(shelf: Shelf) -> None:
    shelf.lab.ask_kernel(shelf.page, "spoilt.position = [4, 12]")
    reader = Reader(shelf.tab, inside=shelf.place("degrade_lab"))
    shelf.page.wait_for_function("(root) => String(root.srkit.position) === '4,12'", arg=reader.root.element_handle())
    assert reader.settle().text == shelf.ask("spoilt.page.text")


def test_a_run_is_continued_paused_and_ended_at_its_best_by_hand(shelf: Shelf) -> None:
    buttons = shelf.page.locator(shelf.place("monitor"))
    shelf.wait_for("run.paused", True)
    buttons.get_by_role("button", name="Go on").click()
    shelf.wait_for("len(run.curves['loss']) > 20", True)
    buttons.get_by_role("button", name="Pause").click()
    shelf.wait_for("run.paused", True)
    steps = [shelf.ask("len(run.curves['loss'])") for _ in range(6)]
    assert steps[-1] <= steps[0] + 1  # one step may have been in hand
    buttons.get_by_role("button", name="keep best").click()
    assert shelf.ask("run.wait(60) is not None")
    assert shelf.ask("run.why") == "stopped by the monitor"
    buttons.get_by_text("Run: stopped by the monitor").wait_for()
    assert buttons.get_by_role("button", name="Go on").or_(buttons.get_by_role("button", name="Pause")).is_disabled()
    assert f"at step {shelf.ask('run.result.best.step')}" in buttons.inner_text()
    assert "0/100000" not in shelf.page.locator(FRONT).inner_text()  # a run in a thread has no bar of its own


def test_a_network_unfolds_layer_by_layer(shelf: Shelf) -> None:
    outputs = shelf.outputs("shapes")
    inner = outputs.get_by_text("ResidualBlock", exact=False).first
    assert not inner.is_visible()
    fold = outputs.locator("summary", has_text="ResidualGroup").first
    fold.focus()
    shelf.page.keyboard.press("Enter")
    outputs.locator("details[open] > summary", has_text="ResidualGroup").first.wait_for()
    assert shelf.ask("sum(weight.numel() for weight in tiny('rcan').parameters())") == 36_275
    assert outputs.get_by_text("36,275 parameters", exact=False).is_visible()


def test_a_part_of_a_drawn_network_tells_about_itself_at_a_click_and_at_keys(shelf: Shelf) -> None:
    outputs = shelf.outputs("diagram")
    parts, told = outputs.locator(".srkit-part"), outputs.locator(".srkit-told")
    parts.first.click()
    assert "conv 3×3, gives (1, 16, 40, 48)" in told.inner_text()
    assert f"{16 * (3 * 9 + 1)} parameters" in told.inner_text()
    assert told.locator("img[alt^='The first 8 channels']").is_visible()
    shelf.page.keyboard.press("ArrowRight")
    shelf.page.keyboard.press("Enter")
    assert [parts.nth(n).get_attribute("aria-pressed") for n in (0, 1)] == ["false", "true"]
    assert "class ResidualBlock" in told.inner_text()


def test_a_gallery_sorts_and_opens_and_a_class_table_sorts(shelf: Shelf) -> None:
    outputs = shelf.outputs("gallery")
    order = outputs.locator("tr[data-row] summary")
    assert [text.strip() for text in order.all_inner_texts()] == shelf.ask("[row[0] for row in browsed.rows]")
    outputs.locator("th button").nth(2).click()
    outputs.locator("th button").nth(2).click()
    assert [text.strip() for text in order.all_inner_texts()] == ["good", "bad"]
    order.first.click()
    viewer = Viewer(shelf.tab, inside=shelf.place("gallery")).press("f", "2")
    assert viewer.view["left"] == 1
    table = shelf.outputs("class_table")
    table.get_by_role("button", name="student").click()
    assert [text.strip() for text in table.locator("tr[data-row] td:first-child").all_inner_texts()] == [
        "ann",
        "bob",
        "cas",
    ]


def test_no_text_is_faint_in_the_light_and_in_the_dark_theme(shelf: Shelf) -> None:
    for theme in ("JupyterLab Dark", "JupyterLab Light"):
        shelf.lab.command(shelf.page, "apputils:change-theme", theme=theme)
        dark = str("Dark" not in theme).lower()
        shelf.page.wait_for_function(f"document.body.dataset.jpThemeLight === '{dark}'")
        for name in SHOWN:
            assert faint_texts(shelf.outputs(name)) == [], (theme, name)


@pytest.fixture(scope="module")
def reopened(shelf: Shelf) -> Iterator[Path]:
    """The saved notebook, opened again in a new page after its kernel has ended; the new kernel has run nothing."""
    page, lab = shelf.page, shelf.lab
    lab.command(page, "docmanager:save")
    session = page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.id")
    address = f"http://127.0.0.1:{lab.port}/api/sessions/{session}?token={lab.token}"
    page.evaluate("() => window.jupyterapp.shell.currentWidget.dispose()")
    urllib.request.urlopen(urllib.request.Request(address, method="DELETE"), timeout=60).close()
    lab.enter(page)
    lab.open(page, NAME)
    page.locator(f"{FRONT} .srkit-sliders .srkit-frame").last.wait_for()
    page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.ready")
    yield lab.work / NAME
    gone = ("model not found", "Failed to initialize model")  # what JupyterLab says of widgets whose kernel has ended
    shelf.tab.complaints[:] = [words for words in shelf.tab.complaints if not any(word in words for word in gone)]


@pytest.mark.parametrize("name", SHOWN)
def test_opened_again_without_a_kernel_every_widget_shows_its_picture(shelf: Shelf, reopened: Path, name: str) -> None:
    assert not shelf.ask("'srkit' in globals()")
    outputs = shelf.outputs(name)
    outputs.scroll_into_view_if_needed()
    assert outputs.locator(".srkit-alive").count() == 0
    assert "widget" not in outputs.inner_text().lower()  # neither "Loading widget" nor "Error displaying widget"
    shows_itself(outputs, name)


def shows_itself(outputs: Any, name: str) -> None:
    """Check that what a cell shows is seen: its pictures where it has some, else its text; a viewer, if not a table."""
    if name in ("source", "shapes", "gallery", "class_table"):
        assert len(outputs.inner_text()) > 80
        return
    if name == "diagram":
        pictures = outputs.locator("svg[aria-label]")
    elif name.startswith(("monitor", "show")):
        pictures = outputs.locator("img[alt]")
        assert pictures.count() >= 3
    else:
        outputs.locator(".srkit-frame").wait_for()
        pictures = outputs.locator(".srkit-frame canvas[aria-label]")
    assert pictures.first.is_visible()
    assert pictures.first.bounding_box()["width"] > 40


def test_exported_as_a_page_every_widget_shows_its_picture_offline(
    reopened: Path, open_tab: Callable[..., Tab], tmp_path: Path
) -> None:
    from nbconvert import HTMLExporter

    addresses = dict.fromkeys(("mathjax_url", "require_js_url", "jquery_url", "mermaid_js_url"), "")
    text, _ = HTMLExporter(**addresses).from_notebook_node(nbformat.read(reopened, as_version=4))
    (tmp_path / "shelf.html").write_text(text, "utf-8")
    tab = open_tab(offline=True, viewport={"width": 1000, "height": 900})
    tab.page.goto((tmp_path / "shelf.html").as_uri())
    cells = tab.page.locator(".jp-Cell")
    assert cells.count() == len(CELLS)
    for number, name in enumerate(CELLS):
        if name != "setup":
            outputs = cells.nth(number).locator(".jp-Cell-outputWrapper")
            shows_itself(outputs, name)
            assert "widget" not in outputs.inner_text().lower()
    assert tab.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    tab.complaints.clear()  # the export itself asks for the scripts whose addresses were emptied
