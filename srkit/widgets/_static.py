"""The browser half of the viewer, put together from the files in ``static/`` without any build step.

Each part is an ordinary ES module. For a page that may load nothing, the parts are laid end to end in one scope: the
``import`` lines are dropped and ``export`` is taken off.
"""

from __future__ import annotations

import functools
import re
from importlib import resources

__all__ = ["PARTS", "core_script", "page_script", "style_sheet", "widget_module"]

PARTS = ("numbers", "view", "paint", "chart", "figure", "controls", "input", "panels", "viewer")

_PAGE = """
const here = document.currentScript?.closest(".srkit-compare");
const roots = here ? [here] : document.querySelectorAll(".srkit-compare:not([data-srkit-mounted])");
for (const root of roots) mount(root, JSON.parse(root.dataset.config));
"""

_WIDGET = """
async function render({ model, el }) {
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


@functools.cache
def core_script() -> str:
    """Return all parts as one piece of script without imports and exports."""
    joined = "\n".join(_text(f"{part}.js") for part in PARTS)
    without_imports = re.sub(r"^import [^;]*;\n", "", joined, flags=re.MULTILINE)
    return re.sub(r"^export (?=(?:async )?function|const)", "", without_imports, flags=re.MULTILINE)


@functools.cache
def style_sheet() -> str:
    """Return the viewer's CSS; every rule is confined to its own classes."""
    return _text("viewer.css")


def page_script() -> str:
    """Return the script of a page without a kernel: it brings the viewer around it to life."""
    return f"(() => {{\n{core_script()}{_PAGE}}})();"


def widget_module() -> str:
    """Return the same viewer as an ES module with the entry point that anywidget calls."""
    return core_script() + _WIDGET


def _text(name: str) -> str:
    return resources.files("srkit.widgets").joinpath("static", name).read_text(encoding="utf-8")
