"""The widgets where they are used: in JupyterLab, run, operated, saved, opened again and exported."""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from srkit.widgets import compare
from tests.browser._lab import FRONT, Lab
from tests.browser._viewer import Viewer, chart
from tests.browser.conftest import Tab

pytestmark = [pytest.mark.browser, pytest.mark.slow]

ROOT = Path(__file__).resolve().parents[2]
IMPORTS = (
    f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
    "from srkit.widgets import compare, show, source\n"
    "from tests.browser._viewer import chart\n"
)
LESSON = (
    IMPORTS + "show(*chart().values(), titles=list(chart()), alt='Rings', zoom=2)",
    "compare(**chart(), scale=4, alt='Rings')",
    "source(show)",
)
LIVE = (IMPORTS + "live = compare(**chart(), scale=4, alt='Rings', live=True)\nlive",)


@pytest.fixture(scope="module")
def saved(lab: Lab, desk: Tab) -> Path:
    """Run the notebook once and save it, with its outputs as they came."""
    lab.write("lesson.ipynb", *LESSON)
    lab.open(desk.page, "lesson.ipynb")
    lab.run_all(desk.page)
    Viewer(desk, inside=FRONT)
    lab.command(desk.page, "docmanager:save")
    return lab.work / "lesson.ipynb"


def test_in_a_running_notebook_a_region_has_the_numbers_of_srkit(lab: Lab, desk: Tab, saved: Path) -> None:
    lab.open(desk.page, saved.name)
    viewer = Viewer(desk, inside=FRONT)
    viewer.press("0", "r").drag(viewer.screen(11.2, 8.7), viewer.screen(51.4, 40.1))
    assert viewer.view["region"] == [11, 8, 41, 33]
    for psnr, ssim in compare(**chart(), scale=4).region(11, 8, 41, 33).values():
        assert f"{psnr:.2f} dB" in viewer.text(".srkit-numbers")
        assert f"{ssim:.4f}" in viewer.text(".srkit-numbers")


def test_with_a_kernel_python_follows_the_hand_and_the_viewer_follows_python(lab: Lab, desk: Tab) -> None:
    lab.write("live.ipynb", *LIVE)
    lab.open(desk.page, "live.ipynb")
    lab.run_all(desk.page)
    viewer = Viewer(desk, inside=f"{FRONT} .srkit-alive")
    viewer.press("0", "r").drag(viewer.screen(20.3, 10.3), viewer.screen(59.6, 49.6))
    for _ in range(100):  # the change travels through the kernel's message queue
        roi, numbers = ast.literal_eval(lab.ask_kernel(desk.page, "print(repr((live.roi, live.numbers)))"))
        if roi == (20, 10, 40, 40):
            break
    assert roi == (20, 10, 40, 40)
    assert numbers == compare(**chart(), scale=4).region(*roi)
    lab.ask_kernel(desk.page, "live.roi = (1, 2, 30, 31)")
    moved = "(root) => JSON.stringify(root.srkit.view.region) === '[1,2,30,31]'"
    desk.page.wait_for_function(moved, arg=viewer.root.element_handle())


def test_the_keys_of_the_viewer_are_not_those_of_the_notebook(lab: Lab, desk: Tab, saved: Path) -> None:
    lab.open(desk.page, saved.name)
    viewer = Viewer(desk, inside=FRONT)
    cells = "() => window.jupyterapp.shell.currentWidget.content.widgets.map((cell) => cell.model.type)"
    viewer.press("d", "d", "x", "b", "a", "m", "r", "y", "Backspace")
    assert desk.page.evaluate(cells) == ["code"] * len(LESSON)
    assert viewer.view["mode"] == "side"


def test_a_saved_notebook_opened_again_works_without_running_anything(lab: Lab, desk: Tab, saved: Path) -> None:
    shutil.copy(saved, lab.work / "again.ipynb")
    lab.open(desk.page, "again.ipynb")
    viewer = Viewer(desk, inside=FRONT).press("f", "3")
    assert viewer.view["left"] == 2
    assert desk.page.locator(FRONT).get_by_alt_text("Rings (truth, 3 of 3)").is_visible()


def test_a_notebook_that_is_not_trusted_shows_labelled_pictures_and_numbers(lab: Lab, desk: Tab, saved: Path) -> None:
    notebook = nbformat.read(saved, as_version=4)
    notebook.cells.append(nbformat.v4.new_code_cell("# a change that no signature covers"))
    nbformat.write(notebook, lab.work / "foreign.ipynb")
    lab.open(desk.page, "foreign.ipynb")
    front = desk.page.locator(FRONT)
    picture = front.get_by_alt_text("bicubic: Rings")
    picture.wait_for()
    assert front.locator(".srkit-frame").count() == 0
    assert picture.evaluate("(image) => image.complete && image.naturalWidth") == 80
    numbers = compare(**chart(), scale=4).contents.whole[1]
    assert front.get_by_text(f"PSNR {numbers[0]}, SSIM {numbers[1]}").is_visible()
    assert front.get_by_alt_text("Rings (truth, 3 of 3)").is_visible()
    assert front.get_by_text("def show(").is_visible()


def test_an_exported_page_works_from_the_disk_without_any_network(
    saved: Path, open_tab: Callable[..., Tab], tmp_path: Path
) -> None:
    from nbconvert import HTMLExporter

    addresses = dict.fromkeys(("mathjax_url", "require_js_url", "jquery_url", "mermaid_js_url"), "")
    text, _ = HTMLExporter(**addresses).from_notebook_node(nbformat.read(saved, as_version=4))
    path = tmp_path / "lesson.html"
    path.write_text(text, "utf-8")
    tab = open_tab(offline=True)
    tab.page.goto(path.as_uri())
    viewer = Viewer(tab, 0).press("0", "r").drag(Viewer(tab, 0).screen(11.2, 8.7), Viewer(tab, 0).screen(51.4, 40.1))
    assert "dB" in viewer.text(".srkit-numbers")
    assert tab.page.get_by_alt_text("Rings (truth, 3 of 3)").is_visible()
    tab.complaints.clear()  # the export itself asks for the scripts whose addresses were emptied


def test_the_notebook_stores_each_picture_once_per_output(saved: Path) -> None:
    notebook = json.loads(saved.read_text("utf-8"))
    pages = [
        "".join(o["data"]["text/html"]) for c in notebook["cells"] for o in c["outputs"] if "text/html" in o["data"]
    ]
    assert [page.count("data:image/png") for page in pages] == [3, 3, 0]
    assert all("image/png" not in o["data"] for c in notebook["cells"] for o in c["outputs"])
