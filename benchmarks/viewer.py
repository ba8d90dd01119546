"""How fluid the viewer of `srkit.widgets.compare` is with two photographs of 3840 x 2160 pixels in Chromium."""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

import srkit
from srkit.ops.resize import imresize

WIDTH, HEIGHT, STAGE = 3840, 2160, 900
FLAGS = ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"]
PLAY = """(root, views) => new Promise((done) => {
  const times = [];
  let next = 0, last;
  const step = (now) => {
    if (last !== undefined) times.push(now - last);
    last = now;
    if (next === views.length) {
      done(times);
      return;
    }
    if (views[next]) root.srkit.set(views[next]);
    next += 1;
    requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
})"""
REST = "(root) => root.srkit && !root.srkit.waiting && !root.srkit.job && !root.srkit.mapping"


def motions(frames: int) -> dict[str, list[dict[str, Any] | None]]:
    """Return what is done -> the view of each frame; first nothing at all, which is what the machine makes of 60 Hz."""

    def pan(**fields: Any) -> list[dict[str, Any] | None]:
        return [{"centre": [600 + 11 * i, 500 + 7 * i], **fields} for i in range(frames)]

    levels = [0.25, 0.333, 0.5, 0.667, 1, 2, 3, 4, 6, 8]
    zooms = [*levels, *reversed(levels)]
    return {
        "nothing": [None] * frames,
        "moving, the whole picture on the stage": pan(mode="slider", look="picture", zoom=0.4),
        "moving at 1:1": pan(mode="slider", zoom=1),
        "moving at 1:1, smooth": pan(smooth=True),
        "zooming in and out": [{"zoom": zooms[i % len(zooms)], "smooth": False} for i in range(frames)],
        "dragging the divider": [{"zoom": 0.4, "split": i / frames} for i in range(frames)],
        "flipping": [{"mode": "flip", "zoom": 1, "left": i % 2} for i in range(frames)],
        "moving four panes at 1:1 with the magnifier": pan(mode="grid", zoom=1, lens=True),
        "moving an error map at 1:1": pan(mode="slider", lens=False, look="absolute", zoom=1),
        "moving an SSIM map at 1:1": pan(look="ssim", zoom=1),
    }


def photographs() -> dict[str, Tensor]:
    """Return a photograph enlarged to 4K, and the same from a quarter of the pixels."""
    large = imresize(srkit.datasets.samples(scale=2)[3].hr, 1, size=(HEIGHT, WIDTH)).clamp(0, 1)
    grain = torch.randn(large.shape, generator=torch.Generator().manual_seed(0)) * 0.02
    truth = (large + grain).clamp(0, 1)
    small = imresize(truth, 0.5)
    return {"bicubic": imresize(small, 2).clamp(0, 1), "truth": truth}


def cpu_seconds_of_children() -> float:
    """Return the CPU seconds that all processes started from here have used so far (Linux)."""
    parents, used = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1])
        used[int(stat.parent.name)] = int(fields[11]) + int(fields[12])
    mine, known = 0.0, {os.getpid()}
    for pid in sorted(parents):
        if parents[pid] in known:
            known.add(pid)
            mine += used[pid]
    return mine / os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Open the pictures once and make every motion on them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--ratio", type=float, default=1, help="device pixels for each screen pixel")
    given = parser.parse_args()
    from playwright.sync_api import sync_playwright

    html = srkit.widgets.compare(**photographs(), scale=2, height=STAGE)._repr_html_()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = Path(folder) / "page.html"
        path.write_text(f'<!doctype html><meta charset="utf-8">{html}', "utf-8")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        page = browser.new_page(viewport={"width": 1616, "height": 1200}, device_scale_factor=given.ratio)
        page.set_default_timeout(600_000)
        page.goto(path.as_uri())
        root = page.locator(".srkit-compare")
        root.locator(".srkit-frame").wait_for()
        print(f"| {given.frames} frames of | median ms | worst ms | CPU ms a frame |\n|---|--:|--:|--:|")
        for name, views in motions(given.frames).items():
            root.evaluate("(root, view) => root.srkit.set(view ?? {})", views[0])
            page.wait_for_function(REST, arg=root.element_handle())
            before = cpu_seconds_of_children()
            times = root.evaluate(PLAY, views)[1:]
            cpu = 1000 * (cpu_seconds_of_children() - before) / len(views)
            print(f"| {name} | {statistics.median(times):.0f} | {max(times):.0f} | {cpu:.0f} |", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
