"""The second door: the same viewer as a notebook widget, so that Python can read what is looked at, and set it."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from srkit.errors import BadInput
from srkit.widgets._static import widget_module

if TYPE_CHECKING:
    from srkit.widgets._compare import Comparison

__all__ = ["live_comparison", "with_page"]


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

        def _repr_mimebundle_(self, **arguments: Any) -> Any:
            return with_page(super()._repr_mimebundle_(**arguments), self.comparison)

    return LiveComparison


def with_page(bundle: Any, still: Any) -> Any:
    """Add to a widget's MIME bundle what ``still`` draws without a kernel, for readers that know no widgets."""
    data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
    page: Mapping[str, str] = {"text/html": still._repr_html_(), "text/plain": repr(still)}
    return {**(data or {}), **page}, metadata or {}
