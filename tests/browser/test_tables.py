"""Galleries, class tables, laboratories and watched runs in a real browser."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from srkit.widgets import Monitor, class_table, degrade_lab, gallery, tv_lab, upsample_lab
from srkit.widgets._static import monitor_module
from tests.browser._sliders import Reader
from tests.browser._viewer import Viewer, chart
from tests.browser.conftest import Tab

pytestmark = pytest.mark.browser

RECORDED = Path(__file__).parent / "recorded"


def results() -> dict[str, dict[str, torch.Tensor]]:
    made = {}
    for name, share in (("good", 0.1), ("bad", 1.0), ("middle", 0.4)):
        pictures = chart()
        mixed = share * pictures["blocks"] + (1 - share) * pictures["truth"]
        made[name] = {"bicubic": pictures["bicubic"], "ours": mixed, "truth": pictures["truth"]}
    return made


def names(tab: Tab) -> list[str]:
    return [str(text).strip() for text in tab.page.locator("tr[data-row] summary").all_inner_texts()]


def test_headings_sort_a_gallery_up_and_down_by_value(tab: Tab, write_page: Callable[..., str]) -> None:
    tab.page.goto(write_page(gallery(results(), scale=4, side=24)))
    assert names(tab) == ["bad", "middle", "good"]
    heading = tab.page.locator("th button").nth(2)
    assert heading.inner_text() == "ours, dB"
    heading.click()
    assert names(tab) == ["bad", "middle", "good"]
    heading.click()
    assert names(tab) == ["good", "middle", "bad"]
    tab.page.locator("th button").first.press("Enter")
    assert names(tab) == ["bad", "good", "middle"]


def test_a_row_of_a_gallery_opens_a_viewer_of_its_worst_piece(tab: Tab, write_page: Callable[..., str]) -> None:
    tab.page.goto(write_page(gallery(results(), scale=4, side=24)))
    assert tab.page.locator(".srkit-frame").count() == 0
    tab.page.locator("summary").first.click()
    viewer = Viewer(tab)
    assert viewer.ask("(root) => root.srkit.config.width") == 24
    assert viewer.press("f", "1").view["left"] == 0
    table = tab.page.locator(".srkit-gallery > table").bounding_box()
    assert viewer.root.bounding_box()["width"] > 0.9 * table["width"]
    tab.page.locator("th button").nth(2).click(click_count=2)
    assert names(tab) == ["good", "middle", "bad"]
    assert (
        tab.page.locator(".srkit-gallery > table > tbody > tr").last.locator(".srkit-frame").is_visible()
    )  # it went with its row


def test_a_class_table_sorts_missing_scores_last_and_fits_the_page(tab: Tab, write_page: Callable[..., str]) -> None:
    students = [{"name": name, "score": score, "per_exercise": {"psnr": score}} for name, score in
                (("ann", 4.0), ("bob", None), ("cas", 1.5))]  # fmt: skip
    tab.page.goto(write_page(class_table(students, {"psnr": 5.0})))
    tab.page.get_by_role("button", name="score").click()
    order = tab.page.locator("tr[data-row] td:first-child").all_inner_texts()
    assert [text.strip() for text in order] == ["cas", "ann", "bob"]


def test_the_buttons_of_a_run_send_orders_and_follow_its_state(tab: Tab, write_page: Callable[..., str]) -> None:
    monitor = Monitor()
    monitor.note(1, loss=0.5)
    monitor.note(2, loss=0.25)
    tab.page.goto(write_page('<div id="run"></div>'))
    tab.page.evaluate(
        """async ([source, html]) => {
          const kept = { _html: html, _command: {}, paused: false, done: false }, heard = {};
          window.model = {
            get: (name) => kept[name], save_changes: () => {}, off: () => {}, on: (name, f) => { heard[name] = f; },
            set: (name, value) => { kept[name] = value; heard[`change:${name}`]?.(); },
          };
          const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
          (await import(url)).default.render({ model: window.model, el: document.getElementById("run") });
        }""",
        [monitor_module(), monitor._repr_html_()],
    )
    assert tab.page.get_by_text("0.25 at step 2", exact=False).is_visible()
    tab.page.get_by_role("button", name="Pause").click()
    assert tab.page.evaluate("model.get('_command').command") == "pause"
    tab.page.evaluate("model.set('paused', true)")
    tab.page.get_by_role("button", name="Go on").click()
    assert tab.page.evaluate("model.get('_command').command") == "resume"
    tab.page.evaluate("model.set('done', true)")
    assert tab.page.get_by_role("button", name="Stop", exact=True).is_disabled()


@pytest.mark.parametrize("name", ["degrade", "zeros", "tv"])
def test_a_laboratory_looks_as_it_did_when_it_was_last_looked_at(
    name: str, open_tab: Callable[..., Tab], write_page: Callable[..., str]
) -> None:
    truth = chart()["truth"]
    made = {
        "degrade": lambda: degrade_lab(truth, "blur(1.6) > down(2) > noise(10)", zoom=2),
        "zeros": lambda: upsample_lab(truth[:, :24, :32], "zeros"),
        "tv": lambda: tv_lab(truth, strengths=(0.1, 0.0)),
    }[name]()
    tab = open_tab(viewport={"width": 800, "height": 600})
    tab.page.goto(
        write_page(made, style="figcaption,.srkit-small,.srkit-words,.srkit-head,.srkit-axes{display:none!important}")
    )
    reader = Reader(tab)
    shown = np.asarray(Image.open(io.BytesIO(reader.root.locator(".srkit-pictures").screenshot())).convert("RGB"))
    path = RECORDED / f"lab_{name}.png"
    if os.environ.get("SRKIT_RECORD"):
        Image.fromarray(shown).save(path, optimize=True)
    recorded = np.asarray(Image.open(path).convert("RGB")).astype(int)
    assert recorded.shape == shown.shape
    assert np.mean(np.abs(recorded - shown).max(axis=2) > 48) < 0.03
