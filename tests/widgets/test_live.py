"""The widget door without a browser: what Python sees and what a notebook stores."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from srkit.errors import BadInput
from srkit.widgets import compare
from tests.widgets.test_compare import scene

pytest.importorskip("anywidget")


def test_the_region_python_reads_is_the_one_the_browser_set_and_its_numbers_are_those_of_the_region() -> None:
    widget = compare(**scene(), scale=2, live=True)
    assert widget.roi is None
    assert widget.numbers is None
    widget.set_state({"view": {"region": [2, 3, 20, 15], "zoom": 4}})
    assert widget.roi == (2, 3, 20, 15)
    assert widget.numbers == compare(**scene(), scale=2).region(2, 3, 20, 15)


def test_setting_the_region_in_python_changes_only_the_region_of_the_view() -> None:
    widget = compare(**scene(), live=True, view={"zoom": 8, "mode": "grid"})
    widget.roi = (1, 2, 12, 13)
    assert widget.view == {"zoom": 8, "mode": "grid", "region": [1, 2, 12, 13]}
    widget.roi = None
    assert widget.view["region"] is None


def displayed(widget: Any, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """Return the MIME bundles that a notebook would be given when the widget is the last line of a cell."""
    shown: list[dict[str, str]] = []
    monkeypatch.setattr("IPython.display.display", lambda data, **_: shown.append(data))
    widget._ipython_display_()
    return shown


def test_a_notebook_stores_the_page_as_a_twin_that_needs_no_kernel_before_the_widget(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = compare(**scene(), scale=2)
    widget = compare(**scene(), scale=2, live=True)
    twin, live = displayed(widget, monkeypatch)
    assert made._repr_html_() in twin["text/html"]
    assert f'data-twin="{widget._twin}"' in twin["text/html"]
    assert twin["text/plain"] == repr(made)
    assert "application/vnd.jupyter.widget-view+json" not in twin
    assert "application/vnd.jupyter.widget-view+json" in live
    assert not live["text/plain"]
    assert "text/html" not in live


def test_two_widgets_of_one_comparison_have_twins_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = (compare(**scene(), live=True) for _ in range(2))
    pages = [displayed(widget, monkeypatch)[0]["text/html"] for widget in (first, second)]
    assert first._twin != second._twin
    assert [first._twin in page for page in pages] == [True, False]


def test_the_widget_carries_the_same_pictures_and_settings_as_the_page() -> None:
    made, widget = compare(**scene(), scale=2), compare(**scene(), scale=2, live=True)
    assert json.loads(widget._config) == json.loads(json.dumps(made.config()))
    assert made.page() in widget._page
    assert "<script" not in widget._page


def test_without_anywidget_the_error_says_what_to_install_and_what_works_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from srkit.widgets import _compare

    monkeypatch.setitem(sys.modules, "anywidget", None)
    _compare._widget_class.cache_clear()
    with pytest.raises(BadInput, match="pip install anywidget"):
        compare(**scene(), live=True)
    monkeypatch.undo()
    _compare._widget_class.cache_clear()
