"""A hand on one gallery of a page: move sliders, press keys, click pictures, read what is drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.browser._viewer import picture_of
from tests.browser.conftest import Tab

CANVAS = "(root, title) => root.srkit.figures.get(title).canvas.toDataURL()"
SETTLED = "(root) => Boolean(root.srkit) && root.srkit.frame.getAttribute('aria-busy') === 'false'"


class Reader:
    """The gallery number ``index`` of the page in ``tab``, opened."""

    def __init__(self, tab: Tab, index: int = 0, inside: str = "") -> None:
        self.page = tab.page
        self.root = self.page.locator(f"{inside} .srkit-sliders").nth(index)
        self.root.locator(".srkit-frame").wait_for()
        self.settle()

    def settle(self) -> Reader:
        self.page.wait_for_function(SETTLED, arg=self.root.element_handle())
        return self

    @property
    def position(self) -> list[int]:
        return list(self.root.evaluate("(root) => root.srkit.position"))

    @property
    def text(self) -> str:
        return str(self.root.locator(".srkit-words").inner_text())

    def press(self, *keys: str) -> Reader:
        self.root.locator(".srkit-pictures").focus()
        for key in keys:
            self.page.keyboard.press(key)
        return self.settle()

    def click(self, title: str, x: float, y: float) -> Reader:
        """Click a picture at a place given as shares of its width and height."""
        canvas = self.root.locator("figure").filter(has=self.page.get_by_text(title, exact=True)).locator("canvas")
        box = canvas.bounding_box()
        canvas.click(position={"x": x * box["width"], "y": y * box["height"]})
        return self.settle()

    def picture(self, title: str) -> NDArray[np.uint8]:
        return picture_of(self.ask(CANVAS, title))

    def ask(self, script: str, argument: Any = None) -> Any:
        return self.root.evaluate(script, argument)
