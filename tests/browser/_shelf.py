"""Every widget as a student calls it, one cell each, in the notebook that the tests open in JupyterLab."""

from __future__ import annotations

from pathlib import Path

__all__ = ["CELLS", "LIVE", "number_of"]

ROOT = Path(__file__).resolve().parents[2]

_SETUP = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
import torch, srkit
from srkit.widgets import *
from tests.browser._viewer import chart

def tiny(name, seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return srkit.models.create(name, scale=2, tiny=True).eval()

hr = srkit.datasets.samples(scale=2)[0].hr[:, 40:120, 80:176]
lr = srkit.datasets.samples(scale=2)[0].lr[:, 20:60, 40:88]
"""
_GALLERY = """
truth = chart()["truth"]
mixed = {name: share * chart()["blocks"] + (1 - share) * truth for name, share in (("good", 0.1), ("bad", 1.0))}
browsed = gallery({name: {"bicubic": chart()["bicubic"], "ours": ours, "truth": truth} for name, ours in mixed.items()},
                  scale=4, side=24)
browsed"""
_CLASS = """
students = [{"name": name, "score": score, "per_exercise": {"psnr": score, "to_luma": 2.0}, "flag": flag}
            for name, score, flag in (("ann", 4.0, ""), ("bob", None, "ran out of time"), ("cas", 1.5, ""))]
class_table(students, {"psnr": 5.0, "to_luma": 2.0})"""
_WATCHED = """
run = Monitor(look_at=lr, truth=hr)
net = tiny("espcn")
run.start(lambda watch: srkit.train(net, srkit.datasets.samples(scale=2)[:2], steps=100_000, batch=2, patch=16,
                                    callbacks=[watch], valid=srkit.datasets.samples(scale=2)[:1], valid_every=10))"""
_DRAWN = """
drawn = Monitor(look_at=lr)
for step in range(1, 41):
    drawn.note(step, loss=0.2 / step, lr=0.001 if step < 20 else 0.0005)
drawn.put("now", lr)
drawn.put("kernel", torch.outer(*[torch.exp(-(torch.arange(9.0) - 4) ** 2 / 4)] * 2))
drawn"""
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
    "receptive_field": "field = receptive_field(tiny('rcan'), lr, live=True)\nfield",
    "shapes": "shapes(tiny('rcan'), lr)",
    "feature_maps": "maps = feature_maps(tiny('rcan'), lr, 'head')\nmaps",
    "attention_channels": "channels = attention_map(tiny('rcan'), lr)\nchannels",
    "attention_pixels": "pixels = attention_map(tiny('rnan'), lr, at=(20, 24), live=True)\npixels",
    "attention_window": "window = attention_map(tiny('swinir'), lr, at=(20, 24), live=True)\nwindow",
    "kernel_lab": "kernels = kernel_lab(hr, widths=(0.8, 1.4, 2.0), zoom=2, live=True)\nkernels",
    "mix_lab": "mixed = mix_lab(tiny('espcn', 0), tiny('espcn', 1), lr, hr, live=True)\nmixed",
    "tv_lab": "smoothed = tv_lab(hr, strengths=(0.0, 0.05, 0.1, 0.2))\nsmoothed",
    "ensemble_lab": "views = ensemble_lab(tiny('espcn'), lr, hr)\nviews",
    "monitor": _WATCHED.strip(),
    "monitor_still": _DRAWN.strip(),
    "gallery": _GALLERY.strip(),
    "class_table": _CLASS.strip(),
}
LIVE = tuple(name for name, code in CELLS.items() if "live=True" in code or name == "monitor")


def number_of(name: str) -> int:
    """Return which cell of the notebook shows this widget."""
    return list(CELLS).index(name)
