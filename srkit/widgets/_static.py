"""The browser half of the viewer, put together from the files in ``static/`` without any build step.

Each part is an ordinary ES module; what starts them in a page or in a live widget lies in ``static/start/``. For a page
that may load nothing, the parts are laid end to end in one scope: the ``import`` lines are dropped and ``export`` is
taken off.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from srkit._html import render

__all__ = [
    "DIAGRAM_PARTS",
    "GALLERY_PARTS",
    "MONITOR_PARTS",
    "PARTS",
    "SLIDERS_PARTS",
    "VOTES_PARTS",
    "core_script",
    "diagram_script",
    "fill",
    "gallery_script",
    "laid_together",
    "monitor_module",
    "page_script",
    "root",
    "sliders_module",
    "sliders_script",
    "style",
    "votes_module",
    "votes_script",
    "widget_module",
]

_STATIC = Path(__file__).with_name("static")

PARTS = ("element", "numbers", "view", "opening", "paint", "chart", "figure", "controls", "input", "panels", "viewer")
SLIDERS_PARTS = ("element", "page", "sliders")
MONITOR_PARTS = ("element", "twin", "monitor")
GALLERY_PARTS = (*PARTS, "gallery")
DIAGRAM_PARTS = ("diagram",)
VOTES_PARTS = (*PARTS, "votes")


@functools.cache
def laid_together(parts: tuple[str, ...]) -> str:
    """Return these parts as one piece of script without imports and exports."""
    joined = "\n".join(_text(f"{part}.js") for part in parts)
    without_imports = re.sub(r"^import [^;]*;\n", "", joined, flags=re.MULTILINE)
    return re.sub(r"^export (?=(?:async )?function|const)", "", without_imports, flags=re.MULTILINE)


def core_script() -> str:
    """Return the viewer of :func:`srkit.widgets.compare` as one piece of script."""
    return laid_together(PARTS)


def style(name: str) -> str:
    """Return a style sheet of ``static/``, for example ``"viewer"``; every rule is confined to its own classes."""
    return _text(f"{name}.css")


def fill(template: str, **values: object) -> str:
    """Fill in a template of ``static/``, for example ``"show"``."""
    return render(_STATIC / f"{template}.html", **values)


def root(kind: str, sheet: str, config: Mapping[str, Any], inside: str) -> str:
    """Return the element that a script starts in: the class ``srkit-<kind>``, settings and style around ``inside``."""
    from markupsafe import Markup  # format escapes what is not marked

    element = Markup('<div class="srkit-{}" data-config="{}"><style>{}</style>{}</div>')
    return str(element.format(kind, json.dumps(config), Markup(style(sheet)), Markup(inside)))


def page_script() -> str:
    """Return the script of a page without a kernel: it starts the viewer around it."""
    return f"(() => {{\n{core_script()}{_text('start/compare_page.js')}}})();"


def widget_module() -> str:
    """Return the same viewer as an ES module with the entry point that anywidget calls."""
    return laid_together((*PARTS, "twin")) + _text("start/compare_widget.js")


def sliders_script() -> str:
    """Return the script of a gallery in a page: it starts the gallery around it."""
    return f"(() => {{\n{laid_together(SLIDERS_PARTS)}{_text('start/sliders_page.js')}}})();"


def sliders_module() -> str:
    """Return the same gallery as an ES module with the entry point that anywidget calls."""
    return laid_together((*SLIDERS_PARTS, "twin")) + _text("start/sliders_widget.js")


def monitor_module() -> str:
    """Return the ES module of a run that is watched."""
    return laid_together(MONITOR_PARTS) + "export default { render: ({ model, el }) => watchRun(model, el) };\n"


def gallery_script() -> str:
    """Return the script of a table that sorts and whose rows open viewers."""
    start = 'openGallery(document.currentScript.closest(".srkit-gallery"));'
    return f"(() => {{\n{laid_together(GALLERY_PARTS)}{start}}})();"


def diagram_script() -> str:
    """Return the script of a drawn network, whose parts tell about themselves."""
    start = 'openDiagram(document.currentScript.closest(".srkit-diagram"));'
    return f"(() => {{\n{laid_together(DIAGRAM_PARTS)}{start}}})();"


def votes_script() -> str:
    """Return the script of blind votes in a page: it starts them around it."""
    return f"(() => {{\n{laid_together(VOTES_PARTS)}{_text('start/votes_page.js')}}})();"


def votes_module() -> str:
    """Return the same votes as an ES module with the entry point that anywidget calls."""
    return laid_together((*VOTES_PARTS, "twin")) + _text("start/votes_widget.js")


@functools.cache
def _text(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8")
