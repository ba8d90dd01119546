"""What lies in data/weights: names, recipes, and the page that ``tools/weights.py`` prints about them."""

from __future__ import annotations

import csv
import hashlib
import json
import tomllib
from pathlib import Path
from typing import Any

__all__ = [
    "BUDGET",
    "HOME",
    "LISTED",
    "NO_BLUR",
    "PRIORS",
    "ROOT",
    "SETS",
    "WIDTHS",
    "checksums",
    "names",
    "page",
    "prior_names",
    "recipe_of",
    "weights_of",
    "with_scores",
]

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / "data" / "weights"
LISTED = HOME / "official.toml"
PRIORS = HOME / "priors"
SETS = ("set5", "set14", "b100")
WIDTHS = (0.5, 0.9, 1.3, 1.7, 2.1)  # of the blur on which conditioned networks are measured
NO_BLUR = 0.1  # a Gaussian so narrow is a single pixel
TOLD = """
## Conditioned on the blur

`srmd_small_x2` takes the blur of its image as a condition, in the table above always no blur. Its twin
`srmd_small_x2_bicubic`, equal but for its training data, was trained on the bicubic reduction alone. PSNR-Y in dB
on Set5 x2, blurred by a round Gaussian of width sigma_LR, then bicubic, 8 bits; the best of each row is bold, and the
gain is over the twin where the true width is given:

{rows}

    python tools/weights.py measure srmd_small_x2 srmd_small_x2_bicubic --root FOLDER

`srkit.degrade.srmd_code(kernel, srkit.degrade.srmd_basis())` gives the code that the network takes.
"""
BUDGET = HOME / "budget.csv"
PAGE = """# Trained weights

Safetensors written by `srkit.models.save`; `srkit.models.create(NAME, scale=S, pretrained="srkit")` loads them, and
`pretrained="srkit:gan"` the twin whose file ends in `_gan`, `"srkit:bicubic"` that in `_bicubic`, `"srkit:photo"` that
in `_photo`, which is for photographs as people have them. Their SHA-256 stand in `../manifests/weights.sha256`;
`srkit doctor` compares.

{table}

PSNR in dB / SSIM on Y of 8-bit RGB, border = scale, LR by MATLAB's bicubic; "published" is the paper's own number for
its full-size network and its own, usually larger, data. The weights are those of the last step (their running
average), not chosen by any test set. CPU minutes are those of one thread of a shared x86-64 server, PyTorch 2.13.0,
float32. Training a row again and measuring it:

    python tools/weights.py train NAME --root FOLDER

where FOLDER holds the data sets; `recipes/NAME.toml` says every setting, `NAME.csv` is the run's history (loss, and
PSNR and SSIM on Set5 on the way), `NAME.json` what was measured. This page is printed by `python tools/weights.py`.
{told}
## For poor photographs

`edsr_small_x2_photo` and `edsr_small_x4_photo` saw, beside clean pictures, mild and rich degradations (`photo(4)`,
`srkit/degrade/photo.py`). The middle 240x240 of each picture of Set14, PSNR on Y, border = scale, three draws of each
chain; mean, gain over bicubic with its standard deviation over pictures, and on how many of the 42 draws it is better:

{photographs}

    python -m benchmarks photographs --root FOLDER --scale 2 edsr_small edsr_small:photo edsr_small+edsr_small:photo
    python -m benchmarks photographs --root FOLDER edsr_small edsr_small:gan edsr_small:photo \\
        edsr_small+edsr_small:photo

On clean pictures it gives up a part of what `edsr_small` gains. It does not invent texture: it was trained for PSNR.

## Priors of blur kernels

Flows of FKP, which `dip_fkp` and `kernelgan_fkp` take where no other is given, stored in half precision. They know
Gaussians of any angle with variances from 0.175 to 2.5 times the scale. Nats are the mean negative log-likelihood of
400 kernels they were not trained on:

{priors}

    python tools/weights.py prior

trains them again as `priors/recipe.toml` says. They were trained on formulas alone, and the terms below are not theirs.

## Same data, same budget, different framework

Each network begins from random weights and trains for the same CPU minutes of one thread on the same patches (48x48,
8 a step, T91 and BSDS200, seed 0), with the same loss (L1 of what the network makes, brightness or colours), gradient
clipping, averaged weights and schedule (Adam, 1e-3 down half a cosine to 1e-5, which ends with the minutes: a step is
timed first, and the number of steps follows from it). What differs is the network. PSNR in dB and SSIM on Set5 x2
(bicubic: 33.68 dB):

{budgets}

    python tools/weights.py budget --root FOLDER

At other minutes the order may be another: a large network gains for longer. One learning rate for all is no network's
own: LapSRN, which reaches 36.7 dB by its recipe, is still below bicubic here.

## Why these numbers are lower than the published ones

The papers train for hours or days on a GPU: EDSR, RCAN and CARN on the 800 large photographs of DIV2K, VDSR, LapSRN and
DRRN on these same 291 small ones. What differs most is the number of steps: these runs had the minutes that the table
shows. At this budget what decides is how much a step costs: a network that computes on the small image makes many more
steps in the same time than one that computes on the enlarged image. The histories show which runs were still gaining
when they ended. The twin `_gan` is trained for looks: its PSNR is lower on purpose, and five minutes leave it with fine
stripes of its own.

## Terms

All of them were trained on T91, for which no licence is stated, and BSDS200, which Berkeley offers for non-commercial
research and education; ESPCN x2 and the two for photographs also on General100, for which none is stated either. So
these weights, too, are for research and teaching; the MIT licence covers the code and not them.
`../../LICENSE` says the same, and so do `srkit models card` and every command that uses them.
"""


def recipe_of(name: str) -> dict[str, Any]:
    """Return the recipe called ``name``."""
    return tomllib.loads((HOME / "recipes" / f"{name}.toml").read_text("utf-8"))


def names() -> list[str]:
    """Return the recipes whose weights are there, sorted."""
    return sorted(path.stem for path in (HOME / "recipes").glob("*.toml") if weights_of(path.stem).exists())


def weights_of(name: str) -> Path:
    """Return the weight file of a recipe."""
    return HOME / f"{name}.safetensors"


def page() -> str:
    """Return the text of data/weights/README.md."""
    head = "| file | parameters | steps | CPU minutes | Set5 | Set14 | B100 | published Set5 |"
    rows = [head, "|---|--:|--:|--:|---|---|---|--:|"]
    for name in names():
        facts = json.loads((HOME / f"{name}.json").read_text("utf-8"))
        scores = " | ".join(f"{facts['measured'][s]['psnr']:.2f} / {facts['measured'][s]['ssim']:.4f}" for s in SETS)
        minutes = f"{round(facts['cpu_seconds'] / 60)}" if "cpu_seconds" in facts else f"{facts['minutes']} (clock)"
        rows.append(
            f"| `{name}` | {facts['parameters']:,} | {facts['steps']:,} | {minutes} | {scores} | {_published(name)} |"
        )
    photographs = (HOME / "photographs.md").read_text("utf-8").strip()
    parts = {"told": _told_page(), "budgets": budgets(), "photographs": photographs, "priors": _priors()}
    return PAGE.format(table="\n".join(rows), **parts)


def prior_names() -> list[str]:
    """Return the kernel priors that have a recipe, sorted."""
    return sorted(tomllib.loads((PRIORS / "recipe.toml").read_text("utf-8")))


def _priors() -> str:
    rows = ["| file | parameters | steps | CPU seconds | nats |", "|---|--:|--:|--:|--:|"]
    for name in prior_names():
        facts = json.loads((PRIORS / f"{name}.json").read_text("utf-8"))
        row = (f"`priors/{name}`", *(f"{facts[key]:,}" for key in ("parameters", "steps", "cpu_seconds")))
        rows.append("| " + " | ".join([*row, f"{facts['nats']:.1f}"]) + " |")
    return "\n".join(rows)


def _told_page() -> str:
    """Return the paragraph about the network conditioned on the blur; empty without its weights or its twin's."""
    both = ("srmd_small_x2", "srmd_small_x2_bicubic")
    if not set(both) <= set(names()):
        return ""
    told, twin = (json.loads((HOME / f"{name}.json").read_text("utf-8"))["told"] for name in both)
    heads = [*(f"given {width}" for width in WIDTHS), "twin", "gain", "bicubic"]
    rows = ["| sigma_LR | " + " | ".join(heads) + " |", "|--:" * (len(heads) + 1) + "|"]
    for i, width in enumerate(WIDTHS):
        row, other = told["psnr"][i], twin["psnr"][i][0]
        cells = [f"**{value:.2f}**" if value == max(row) else f"{value:.2f}" for value in row]
        cells += [f"{other:.2f}", f"{row[i] - other:+.2f}", f"{told['bicubic'][i]:.2f}"]
        rows.append(f"| {width} | " + " | ".join(cells) + " |")
    return TOLD.format(rows="\n".join(rows))


def budgets() -> str:
    """Return the table of runs of equal CPU time, ordered by framework."""
    import srkit

    with BUDGET.open(encoding="utf-8") as file:
        runs = [(srkit.models.card(run["network"]), run) for run in csv.DictReader(file)]
    rows = [
        f"| {card.framework} | {card.title} | {int(run['parameters']):,} | {run['minutes']} | {int(run['steps']):,}"
        f" | {float(run['psnr']):.2f} / {float(run['ssim']):.4f} |"
        for card, run in runs
    ]
    head = "| framework | network | parameters | CPU minutes | steps | Set5 |"
    return "\n".join([head, "|---|---|--:|--:|--:|---|", *sorted(rows)])


def _published(name: str) -> str:
    import srkit

    recipe = recipe_of(name)
    full = recipe["model"].removesuffix("_small")
    scores = [
        score.psnr
        for score in srkit.models.card(full).published
        if (score.dataset, score.scale) == ("set5", recipe["scale"])
    ]
    return f"{scores[0]:.2f}" if scores else "–"


def with_scores(text: str, source: Any, found: dict[str, str]) -> str:
    """Return the list of weights with what was measured of one entry in place of what stood there."""
    head, *entries = text.split("[[weights]]\n")
    wanted = (f'network = "{source.network}"', f'variant = "{source.variant}"', f"scale = {source.scale}")
    for number, entry in enumerate(entries):
        lines = [
            line for line in entry.rstrip().splitlines() if not line.startswith(tuple(f"{key} =" for key in found))
        ]
        if all(line in lines for line in wanted):
            entries[number] = "\n".join([*lines, *(f"{key} = {value}" for key, value in found.items())]) + "\n\n"
    return "[[weights]]\n".join([head, *entries]).rstrip() + "\n"


def checksums() -> str:
    """Return the text of the list of checksums, as sha256sum writes it."""
    files = [*map(weights_of, names()), *(PRIORS / f"{name}.safetensors" for name in prior_names())]
    return "".join(
        f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(HOME).as_posix()}\n" for file in files
    )
