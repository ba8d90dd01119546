"""Every widget as a student calls it, one cell each, in one notebook that the tests open in JupyterLab."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from tests.browser._lab import FRONT, Lab
from tests.browser.conftest import Tab

ROOT = Path(__file__).resolve().parents[2]
NAME = "shelf.ipynb"

_SETUP = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
import copy, torch, srkit
from srkit.widgets import *
from tests.browser._viewer import chart

def tiny(name, seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return srkit.models.create(name, scale=2, tiny=True).eval()

net = srkit.models.create("espcn", scale=2, pretrained="srkit").eval()
other = copy.deepcopy(net)
with torch.no_grad():
    for number, weight in enumerate(other.parameters()):
        weight.mul_(1 + 0.1 * (-1) ** number)

hr = srkit.datasets.samples(scale=2)[0].hr[:, 40:120, 80:176]
lr = srkit.datasets.samples(scale=2)[0].lr[:, 20:60, 40:88]
"""
_GALLERY = """
truth = chart()["truth"]
ours = {name: share * chart()["blocks"] + (1 - share) * truth for name, share in (("good", 0.1), ("bad", 1.0))}
browsed = gallery({name: {"bicubic": chart()["bicubic"], "ours": sr, "truth": truth} for name, sr in ours.items()},
                  scale=4, side=24)
browsed"""
_CLASS = """
students = [{"name": name, "score": score, "per_exercise": {"psnr": score, "to_luma": 2.0}, "flag": flag}
            for name, score, flag in (("ann", 4.0, ""), ("bob", None, "ran out of time"), ("cas", 1.5, ""))]
class_table(students, {"psnr": 5.0, "to_luma": 2.0})"""
_WATCHED = """
run = Monitor(look_at=lr, truth=hr)
run.pause()
pairs = srkit.datasets.samples(scale=2)
run.start(lambda watch: srkit.train(tiny("espcn"), pairs[:2], steps=100_000, batch=2, patch=16, callbacks=[watch],
                                    valid=pairs[:1], valid_every=10))"""
_DRAWN = """
drawn = Monitor(look_at=lr)
for step in range(1, 41):
    drawn.note(step, loss=0.2 / step, lr=0.001 if step < 20 else 0.0005)
drawn.put("now", lr)
drawn.put("kernel", torch.outer(*[torch.exp(-(torch.arange(9.0) - 4) ** 2 / 4)] * 2))
drawn"""
_VOTES = """
candidates = {name: picture for name, picture in chart().items() if name != "truth"}
ballot = votes({"rings": candidates}, height=300, live=True)
ballot"""
CELLS = {
    "setup": _SETUP,
    "show": "show(*chart().values(), error_map(chart()['blocks'], chart()['truth']), alt='Rings', zoom=2)",
    "source": "source(srkit.losses.tv)",
    "compare": "compare(**chart(), scale=4, alt='Rings', height=300)",
    "compare_live": "seen = compare(**chart(), scale=4, alt='Rings', height=300, live=True)\nseen",
    "degrade_lab": "spoilt = degrade_lab(hr, 'blur(1.6) > down(2) > noise(10)', zoom=2, live=True)\nspoilt",
    "upsample_zoom": "zoomed = upsample_lab(lr, 'zoom', live=True)\nzoomed",
    "upsample_zeros": "zeros = upsample_lab(lr, 'zeros', live=True)\nzeros",
    "upsample_shuffle": "shuffled = upsample_lab(lr, 'shuffle')\nshuffled",
    "receptive_field": "field = receptive_field(net, lr, live=True)\nfield",
    "shapes": "shapes(tiny('rcan'), lr)",
    "diagram": "diagram(tiny('edsr'), lr)",
    "feature_maps": "maps = feature_maps(net, lr, 'extract')\nmaps",
    "attention_channels": "channels = attention_map(tiny('rcan'), lr)\nchannels",
    "attention_pixels": "pixels = attention_map(tiny('san'), lr, at=(12, 30), live=True)\npixels",
    "attention_window": "window = attention_map(tiny('swinir'), lr, at=(20, 24), live=True)\nwindow",
    "kernel_lab": "kernels = kernel_lab(hr, widths=(0.8, 1.4, 2.0), zoom=2, live=True)\nkernels",
    "mix_lab": "mixed = mix_lab(net, other, lr, hr, names=('trained', 'changed'), live=True)\nmixed",
    "tv_lab": "smoothed = tv_lab(hr, strengths=(0.0, 0.05, 0.1, 0.2))\nsmoothed",
    "ensemble_lab": "views = ensemble_lab(net, lr, hr)\nviews",
    "monitor": _WATCHED.strip(),
    "monitor_still": _DRAWN.strip(),
    "gallery": _GALLERY.strip(),
    "class_table": _CLASS.strip(),
    "votes": _VOTES.strip(),
}
LIVE = tuple(name for name, code in CELLS.items() if "live=True" in code or "run.start" in code)


class Shelf:
    """The notebook in front of ``tab``: its cells by name, and what Python says of them."""

    def __init__(self, lab: Lab, tab: Tab) -> None:
        self.lab, self.tab, self.page = lab, tab, tab.page

    def place(self, name: str) -> str:
        """Return a selector of what the cell called ``name`` shows; of a live widget and its twin, the live one."""
        inside = ".srkit-alive" if name in LIVE else ".jp-OutputArea-output"
        return f"{FRONT} .jp-Cell >> nth={list(CELLS).index(name)} >> {inside}"

    def outputs(self, name: str) -> Any:
        """Return everything below the cell called ``name``."""
        return self.page.locator(f"{FRONT} .jp-Cell").nth(list(CELLS).index(name)).locator(".jp-Cell-outputArea")

    def ask(self, code: str) -> Any:
        """Return the value of a Python expression in the notebook's kernel."""
        answer = self.lab.ask_kernel(self.page, f"print(repr({code}))")
        try:
            return ast.literal_eval(answer)
        except (SyntaxError, ValueError):
            raise AssertionError(f"{code} gave {answer}") from None

    def wait_for(self, code: str, wanted: Any) -> None:
        """Ask until the answer is the one wanted: what a hand does travels through the kernel's message queue."""
        answers = (self.ask(code) for _ in range(200))
        last = next((answer for answer in answers if answer == wanted), "never")
        assert last == wanted, f"{code} is {self.ask(code)!r}, not {wanted!r}"
