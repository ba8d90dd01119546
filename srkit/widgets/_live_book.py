"""A book with a kernel behind it: leaves are made when somebody turns to them, and Python knows where the reader is."""

from __future__ import annotations

import functools
import json
from typing import Any

from srkit.errors import BadInput
from srkit.widgets._book import Book
from srkit.widgets._live import display_with_twin
from srkit.widgets._static import book_module

__all__ = ["live_book"]


def live_book(book: Book) -> Any:
    """Return ``book`` as an anywidget; ``widget.position`` follows the sliders, and setting it moves them.

    Raises:
        BadInput: anywidget is not installed.
    """
    try:
        return _widget_class()(book)
    except ImportError as error:
        raise BadInput(
            f"live=True needs the package anywidget, and it cannot be imported ({error}). Install it with pip install "
            "anywidget and reload the page, or leave live out: the sliders then work without a kernel, on fewer steps."
        ) from error


@functools.cache
def _widget_class() -> type:
    import anywidget
    import traitlets

    class LiveBook(anywidget.AnyWidget):  # type: ignore[misc]
        """A book whose position is shared between Python and the browser."""

        _esm = book_module()
        _page = traitlets.Unicode().tag(sync=True)
        _config = traitlets.Unicode().tag(sync=True)
        _twin = traitlets.Unicode().tag(sync=True)
        _answer = traitlets.Dict().tag(sync=True)
        position = traitlets.List(traitlets.Int()).tag(sync=True)

        def __init__(self, book: Book) -> None:
            config = json.dumps(book.config())
            super().__init__(_page=book.root(book.page()), _config=config, position=list(book.start))
            self.book = book
            self.observe(self._turned, "position")

        @property
        def leaf(self) -> Any:
            """The leaf the reader has open."""
            return self.book.make(tuple(self.position))

        def _turned(self, change: Any) -> None:
            position = tuple(change["new"])
            key = ",".join(map(str, position))
            if position != self.book.start:
                self._answer = {"key": key, "html": self.book.leaf_table(position, self.book.make(position))}

        def _ipython_display_(self) -> None:
            display_with_twin(self, self.book)

    return LiveBook
