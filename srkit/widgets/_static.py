"""The browser half of the viewer, put together from the files in ``static/`` without any build step.

Each part is an ordinary ES module. For a page that may load nothing, the parts are laid end to end in one scope: the
``import`` lines are dropped and ``export`` is taken off.
"""

from __future__ import annotations

import functools
import re
from importlib import resources

__all__ = [
    "GALLERY_PARTS",
    "MONITOR_PARTS",
    "PARTS",
    "SLIDERS_PARTS",
    "core_script",
    "gallery_script",
    "laid_together",
    "monitor_module",
    "page_script",
    "sliders_module",
    "sliders_script",
    "sliders_style",
    "style_sheet",
    "widget_module",
]

PARTS = ("element", "numbers", "view", "paint", "chart", "figure", "controls", "input", "panels", "viewer")
SLIDERS_PARTS = ("element", "page", "sliders")
MONITOR_PARTS = ("element", "twin", "monitor")
GALLERY_PARTS = (*PARTS, "gallery")

_PAGE = """
const here = document.currentScript?.closest(".srkit-compare");
const roots = here ? [here] : document.querySelectorAll(".srkit-compare:not([data-srkit-mounted])");
for (const root of roots) mount(root, JSON.parse(root.dataset.config));
"""

_WIDGET = """
async function render({ model, el }) {
  comeAlive(model, el);
  el.innerHTML = model.get("_page");
  const root = el.querySelector(".srkit-compare");
  let waiting = 0;
  const changed = (view) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      model.set("view", JSON.parse(JSON.stringify(view)));
      model.save_changes();
    }, 60);
  };
  const config = JSON.parse(model.get("_config"));
  const viewer = await mount(root, { ...config, view: { ...config.view, ...model.get("view") } }, { changed });
  if (!viewer) return undefined;
  changed(viewer.view);
  const follow = () => viewer.set(model.get("view"));
  model.on("change:view", follow);
  return () => model.off("change:view", follow);
}
export default { render };
"""


_SLIDERS_PAGE = """
const here = document.currentScript?.closest(".srkit-sliders");
const roots = here ? [here] : document.querySelectorAll(".srkit-sliders:not([data-srkit-mounted])");
for (const root of roots) openSliders(root, JSON.parse(root.dataset.config));
"""

_SLIDERS_WIDGET = """
async function render({ model, el }) {
  comeAlive(model, el);
  el.innerHTML = model.get("_page");
  let waiting = 0;
  const tell = (position) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      model.set("position", position);
      model.save_changes();
    }, 40);
  };
  const door = { ask: tell, moved: tell };
  const gallery = await openSliders(el.querySelector(".srkit-sliders"), JSON.parse(model.get("_config")), door);
  if (!gallery) return undefined;
  const answered = () => receivePage(gallery, model.get("_answer").html);
  const follow = () => gallery.goTo(model.get("position"));
  model.on("change:_answer", answered);
  model.on("change:position", follow);
  return () => {
    model.off("change:_answer", answered);
    model.off("change:position", follow);
  };
}
export default { render };
"""


@functools.cache
def laid_together(parts: tuple[str, ...]) -> str:
    """Return these parts as one piece of script without imports and exports."""
    joined = "\n".join(_text(f"{part}.js") for part in parts)
    without_imports = re.sub(r"^import [^;]*;\n", "", joined, flags=re.MULTILINE)
    return re.sub(r"^export (?=(?:async )?function|const)", "", without_imports, flags=re.MULTILINE)


def core_script() -> str:
    """Return the viewer of :func:`srkit.widgets.compare` as one piece of script."""
    return laid_together(PARTS)


@functools.cache
def style_sheet() -> str:
    """Return the viewer's CSS; every rule is confined to its own classes."""
    return _text("viewer.css")


def page_script() -> str:
    """Return the script of a page without a kernel: it starts the viewer around it."""
    return f"(() => {{\n{core_script()}{_PAGE}}})();"


def widget_module() -> str:
    """Return the same viewer as an ES module with the entry point that anywidget calls."""
    return laid_together((*PARTS, "twin")) + _WIDGET


def sliders_script() -> str:
    """Return the script of a gallery in a page: it starts the gallery around it."""
    return f"(() => {{\n{laid_together(SLIDERS_PARTS)}{_SLIDERS_PAGE}}})();"


def sliders_module() -> str:
    """Return the same gallery as an ES module with the entry point that anywidget calls."""
    return laid_together((*SLIDERS_PARTS, "twin")) + _SLIDERS_WIDGET


def monitor_module() -> str:
    """Return the ES module of a run that is watched."""
    return laid_together(MONITOR_PARTS) + "export default { render: ({ model, el }) => watchRun(model, el) };\n"


def gallery_script() -> str:
    """Return the script of a table that sorts and whose rows open viewers."""
    start = 'openGallery(document.currentScript.closest(".srkit-gallery"));'
    return f"(() => {{\n{laid_together(GALLERY_PARTS)}{start}}})();"


@functools.cache
def sliders_style() -> str:
    """Return the CSS of galleries; every rule is confined to its own classes."""
    return _text("sliders.css")


def _text(name: str) -> str:
    return resources.files("srkit.widgets").joinpath("static", name).read_text(encoding="utf-8")
