"""A widget and its twin, a copy that is shown in a notebook whose kernel has ended."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from srkit.errors import BadInput
from srkit.widgets._static import fill

__all__ = ["come_alive", "display_with_twin", "twin_page"]


def come_alive(widget_class: Callable[[], type], still: Any, *, asked: str, otherwise: str) -> Any:
    """Return ``still`` as an anywidget; where that is missing, an error says what needs it and what works without."""
    try:
        return widget_class()(still)
    except ImportError as error:
        raise BadInput(
            f"{asked} the package anywidget, and it cannot be imported ({error}). Install it with pip install anywidget"
            f"{otherwise}"
        ) from error


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
    page = fill("twin", name=widget._twin, page=still._repr_html_())
    return {"text/html": page, "text/plain": repr(still)}
