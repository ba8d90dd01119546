"""Make the trained weights of data/weights/ again: each from its recipe, measured, and listed in one table.

python tools/weights.py train NAME --root FOLDER     train as data/weights/recipes/NAME.toml says, save, then measure
python tools/weights.py measure NAME --root FOLDER   measure what is there on Set5, Set14 and B100
python tools/weights.py                              print data/weights/README.md and the list of checksums
python tools/weights.py --check                      only compare; leave with 1 where something differs

NAME is that of a recipe, ``edsr_small_x2``. FOLDER holds the data sets. Training that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
import time
import tomllib
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / "data" / "weights"
SETS = ("set5", "set14", "b100")
PAGE = """# Trained weights

Safetensors written by `srkit.models.save`; `srkit.models.create(NAME, scale=S, pretrained="srkit")` loads them. Their
SHA-256 stand in `../manifests/weights.sha256`; `srkit doctor` compares.

{table}

PSNR in dB / SSIM on Y of 8-bit RGB, border = scale, LR by MATLAB's bicubic; "published" is the paper's own number for
its full-size network and its own, usually larger, data. The weights are those of the last step (their running
average), not chosen by any test set. CPU minutes are those of one thread of a shared x86-64 server, PyTorch 2.13.0,
float32. Training a row again and measuring it:

    python tools/weights.py train NAME --root FOLDER

where FOLDER holds the data sets; `recipes/NAME.toml` says every setting, `NAME.csv` is the run's history (loss, and
PSNR and SSIM on Set5 on the way), `NAME.json` what was measured. This page is printed by `python tools/weights.py`.

## Why these numbers are lower than the published ones

The papers train for days on a GPU, most of them on the 800 large photographs of DIV2K; these runs saw 291 small ones
for the minutes that the table shows. At this budget what decides is how much a step costs: a network that computes on
the small image makes many more steps in the same time than one that computes on the enlarged image. The histories show
which runs were still gaining when they ended.

T91, BSDS200 and General100 are distributed for research and teaching; so are weights made from them.
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


def train(name: str, root: Path) -> None:
    """Train as the recipe says, or go on; keep the weights and the history."""
    import torch

    import srkit

    torch.set_num_threads(1)
    recipe, out = recipe_of(name), ROOT / "runs" / "weights" / name
    began = time.process_time()
    if (out / "checkpoint.pt").exists():
        run = srkit.training.resume(out, root=root, callbacks=[partial(_stop, recipe.get("stop"))])
    else:
        settings = dict(recipe["training"])
        run = srkit.train(
            recipe["model"],
            recipe["dataset"],
            scale=recipe["scale"],
            valid=recipe["valid"],
            init=HOME / recipe["init"] if "init" in recipe else None,
            root=root,
            out=out,
            log_every=100,
            callbacks=[partial(_stop, recipe.get("stop"))],
            **{"valid_every": 500, "save_every": 500, **settings},
        )
    note = {"cpu_seconds": round(time.process_time() - began), "steps": run.steps}
    if run.interrupted and run.steps != recipe.get("stop"):
        raise SystemExit(f"{name} stopped at step {run.steps} ({run.interrupted}); call again to go on.")
    srkit.models.save(run.net, weights_of(name))
    shutil.copyfile(out / "history.csv", HOME / f"{name}.csv")
    _note(name, note)


def _stop(step: int | None, state: Any, outcome: Any) -> None:
    """End the run at the step a recipe names, before its schedule is over."""
    if state.step == step:
        state.stop = "the recipe stops here"


def measure(name: str, root: Path) -> None:
    """Measure the weights on the test sets and write the numbers beside them."""
    import srkit

    recipe = recipe_of(name)
    net = srkit.models.create(recipe["model"], scale=recipe["scale"], pretrained=weights_of(name))
    found = {}
    for dataset in SETS:
        mean = srkit.evaluate(net, dataset, scale=recipe["scale"], root=root).mean
        found[dataset] = {"psnr": round(mean.psnr, 3), "ssim": round(mean.ssim, 4)}
        print(name, dataset, found[dataset], flush=True)
    _note(name, {"parameters": srkit.models.parameters(net), "measured": found})


def _note(name: str, facts: dict[str, Any]) -> None:
    path = HOME / f"{name}.json"
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    path.write_text(json.dumps({**known, **facts}, indent=1, sort_keys=True) + "\n", "utf-8")


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
    return PAGE.format(table="\n".join(rows))


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


def checksums() -> str:
    """Return the text of the list of checksums, as sha256sum writes it."""
    return "".join(
        f"{hashlib.sha256(weights_of(name).read_bytes()).hexdigest()}  {weights_of(name).name}\n" for name in names()
    )


def table(*, check: bool) -> int:
    """Write the page and the checksums, or compare them; return the exit status."""
    made = {HOME / "README.md": page(), ROOT / "data" / "manifests" / "weights.sha256": checksums()}
    differing = [path for path, text in made.items() if not path.exists() or path.read_text("utf-8") != text]
    for path in differing:
        if check:
            print(f"{path.relative_to(ROOT)} is out of date; run: python tools/weights.py", file=sys.stderr)
        else:
            path.write_text(made[path], "utf-8")
    return int(check and bool(differing))


def main() -> int:
    """Carry out the verb; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", nargs="?", default="table", choices=("train", "measure", "table"))
    parser.add_argument("name", nargs="*")
    parser.add_argument("--root", type=Path, help="where Set5, Set14, B100, T91 and BSDS200 lie")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.verb == "table":
        return table(check=options.check)
    for name in options.name:
        if options.verb == "train":
            train(name, options.root)
        measure(name, options.root)
    return 0


if __name__ == "__main__":
    sys.exit(main())
