"""A hand on one viewer of a page: press, drag, turn the wheel, read what it shows."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from tests.browser.conftest import Tab

CANVAS = "(root) => root.querySelector('.srkit-canvas').toDataURL()"
SETTLED = "(root) => { const v = root.srkit; return Boolean(v) && !v.waiting && !v.job && !v.mapping; }"


class Viewer:
    """The viewer number ``index`` of the page in ``tab``, started and at rest."""

    def __init__(self, tab: Tab, index: int = 0, inside: str = "") -> None:
        self.page = tab.page
        self.root = self.page.locator(f"{inside} .srkit-compare").nth(index)
        self.root.locator(".srkit-frame").wait_for()
        self.root.scroll_into_view_if_needed()
        self.settle()

    def settle(self) -> Viewer:
        self.page.wait_for_function(SETTLED, arg=self.root.element_handle())
        return self

    @property
    def view(self) -> dict[str, Any]:
        return dict(self.ask("(root) => root.srkit.view"))

    def ask(self, script: str, argument: Any = None) -> Any:
        return self.root.evaluate(script, argument)

    def set(self, **patch: Any) -> Viewer:
        self.ask("(root, patch) => root.srkit.set(patch)", patch)
        return self.settle()

    def press(self, *keys: str) -> Viewer:
        self.root.locator(".srkit-stage").focus()
        for key in keys:
            self.page.keyboard.press(key)
        return self.settle()

    def screen(self, x: float, y: float, pane: int = 0) -> tuple[float, float]:
        """Return the screen position of a point of the picture, as the centre and zoom of the view say."""
        box = self.root.locator(".srkit-canvas").bounding_box()
        view, width = self.view, box["width"]
        if view["mode"] == "side":
            width = (width - 4) // 2
        left = box["x"] + (pane * (width + 4) if view["mode"] == "side" else 0)
        centre = view["centre"]
        return (
            left + width / 2 + (x - centre[0]) * view["zoom"],
            box["y"] + box["height"] / 2 + (y - centre[1]) * view["zoom"],
        )

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> Viewer:
        self.page.mouse.move(*start)
        self.page.mouse.down()
        self.page.mouse.move(*end, steps=6)
        self.page.mouse.up()
        return self.settle()

    def canvas(self) -> NDArray[np.uint8]:
        self.settle()
        return picture_of(self.ask(CANVAS))

    def text(self, selector: str) -> str:
        return str(self.root.locator(selector).inner_text())


def picture_of(uri: str) -> NDArray[np.uint8]:
    """Decode a data address to ``(h, w, 3)``."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(uri.split(",", 1)[1]))).convert("RGB"))


def chart(height: int = 60, width: int = 80) -> dict[str, torch.Tensor]:
    """Return a truth with edges, rings and texture, and two results of different quality, all in [0, 1]."""
    y, x = torch.meshgrid(torch.linspace(-1, 1, height), torch.linspace(-1, 1, width), indexing="ij")
    rings = 0.5 + 0.5 * torch.cos(24 * (x * x + y * y))
    truth = torch.stack([rings, (x + 1) / 2, ((x > 0) ^ (y > 0)).float() * 0.8 + 0.1])
    small = torch.nn.functional.avg_pool2d(truth, 4)
    up = torch.nn.functional.interpolate
    blocks = up(small[None], scale_factor=4, mode="nearest")[0]
    bicubic = up(small[None], scale_factor=4, mode="bicubic", align_corners=False)[0].clamp(0, 1)
    return {"blocks": blocks, "bicubic": bicubic, "truth": truth}
