"""The widget door without a browser: what Python sees and what a notebook stores."""

from __future__ import annotations

import json
import sys

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


def test_a_notebook_stores_the_page_beside_the_widget() -> None:
    made = compare(**scene(), scale=2)
    data, _ = compare(**scene(), scale=2, live=True)._repr_mimebundle_()
    assert "application/vnd.jupyter.widget-view+json" in data
    assert data["text/html"] == made._repr_html_()
    assert data["text/plain"] == repr(made)


def test_the_widget_carries_the_same_pictures_and_settings_as_the_page() -> None:
    made, widget = compare(**scene(), scale=2), compare(**scene(), scale=2, live=True)
    assert json.loads(widget._config) == json.loads(json.dumps(made.config()))
    assert made.page() in widget._page
    assert "<script" not in widget._page


def test_without_anywidget_the_error_says_what_to_install_and_what_works_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from srkit.widgets import _live

    monkeypatch.setitem(sys.modules, "anywidget", None)
    _live._widget_class.cache_clear()
    with pytest.raises(BadInput, match="pip install anywidget"):
        compare(**scene(), live=True)
    monkeypatch.undo()
    _live._widget_class.cache_clear()
