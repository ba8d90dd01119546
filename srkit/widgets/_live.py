"""The second door: the same viewer as a notebook widget, so that Python can read what is looked at, and set it."""

from __future__ import annotations

import functools
import json
import uuid
from typing import TYPE_CHECKING, Any

from srkit.errors import BadInput
from srkit.widgets._static import widget_module

if TYPE_CHECKING:
    from srkit.widgets._compare import Comparison

__all__ = ["display_with_twin", "live_comparison", "twin_page"]

_TWIN_STYLE = (
    ".srkit-twin[hidden]{display:none}"
    ".jp-OutputArea-child:has(.srkit-twin)+.jp-OutputArea-child:not(:has(.srkit-alive)){display:none}"
    ".jp-OutputArea-child:has(.srkit-twin):has(+.jp-OutputArea-child .srkit-alive){display:none}"
)


def live_comparison(comparison: Comparison) -> Any:
    """Return ``comparison`` as an anywidget; its ``view`` follows the browser, and setting it moves the viewer.

    ``widget.roi`` is the region ``(x, y, width, height)`` or None, ``widget.numbers`` what is measured on it.

    Raises:
        BadInput: anywidget is not installed.
    """
    try:
        return _widget_class()(comparison)
    except ImportError as error:
        raise BadInput(
            f"compare(..., live=True) needs the package anywidget, and it cannot be imported ({error}). Install it "
            "with pip install anywidget and reload the page, or leave live out: the viewer then works without a kernel."
        ) from error


@functools.cache
def _widget_class() -> type:
    import anywidget
    import traitlets

    class LiveComparison(anywidget.AnyWidget):  # type: ignore[misc]
        """A comparison whose view is shared between Python and the browser."""

        _esm = widget_module()
        _page = traitlets.Unicode().tag(sync=True)
        _config = traitlets.Unicode().tag(sync=True)
        _twin = traitlets.Unicode().tag(sync=True)
        view = traitlets.Dict().tag(sync=True)

        def __init__(self, comparison: Comparison) -> None:
            config = json.dumps(comparison.config())
            super().__init__(_page=comparison.root(comparison.page()), _config=config, view=dict(comparison.view))
            self.comparison = comparison

        @property
        def roi(self) -> tuple[int, int, int, int] | None:
            """The marked region ``(x, y, width, height)``, or None."""
            region = self.view.get("region")
            if not region:
                return None
            x, y, width, height = (int(value) for value in region)
            return x, y, width, height

        @roi.setter
        def roi(self, region: tuple[int, int, int, int] | None) -> None:
            self.view = {**self.view, "region": list(region) if region is not None else None}

        @property
        def numbers(self) -> dict[str, tuple[float, float]] | None:
            """Name -> (PSNR, SSIM) of the marked region, or None where there is none."""
            return self.comparison.region(*self.roi) if self.roi else None

        def _ipython_display_(self) -> None:
            display_with_twin(self, self.comparison)

    return LiveComparison


def display_with_twin(widget: Any, still: Any) -> Any:
    """Display a widget and, before it, its twin: what ``still`` draws without a kernel. Returns the handle of the twin.

    A widget is gone when its kernel is, and a notebook opened again says "Loading widget" for ever, even where the
    output has another form. So there are two outputs: the widget hides its twin where it comes to life, and the twin
    hides the widget's place where it does not.
    """
    from IPython.display import display

    widget._twin = widget._twin or uuid.uuid4().hex
    handle = display(twin_page(widget, still), raw=True, display_id=True)
    bundle = widget._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    display({**data, "text/plain": ""}, raw=True)
    return handle


def twin_page(widget: Any, still: Any) -> dict[str, str]:
    """Return the MIME bundle of the twin of ``widget``."""
    name = f'class="srkit-twin" data-twin="{widget._twin}"'
    page = f"<div {name}><style>{_TWIN_STYLE}</style>{still._repr_html_()}</div>"
    return {"text/html": page, "text/plain": repr(still)}
