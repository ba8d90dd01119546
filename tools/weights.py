"""Make the trained weights of data/weights/ again: each from its recipe, measured, and listed in one table.

python tools/weights.py train NAME --root FOLDER     train as data/weights/recipes/NAME.toml says, save, then measure
python tools/weights.py measure NAME --root FOLDER   measure what is there on Set5, Set14 and B100
python tools/weights.py listed --root FOLDER         measure what official.toml lists and lies here, and write it there
python tools/weights.py prior                        train the kernel priors of data/weights/priors/recipe.toml
python tools/weights.py budget --root FOLDER         train networks of every framework for the same CPU minutes
python tools/weights.py                              print data/weights/README.md and the list of checksums
python tools/weights.py --check                      only compare; leave with 1 where something differs

NAME is that of a recipe, ``edsr_small_x2``. FOLDER holds the data sets. Training that was stopped goes on where it was.
"""

from __future__ import annotations

import argparse
import csv
import json
import shutil
import sys
import time
import tomllib
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tools._weights import (
    BUDGET,
    HOME,
    LISTED,
    NO_BLUR,
    PRIORS,
    ROOT,
    SETS,
    WIDTHS,
    checksums,
    names,
    page,
    recipe_of,
    weights_of,
    with_scores,
)

BUDGETED = (
    *("srcnn", "vdsr", "drrn_small"),  # pre-upsampling
    *("fsrcnn", "espcn", "edsr_small", "rcan_small"),  # post-upsampling
    *("lapsrn", "srfbn_s"),  # progressive, iterative up-and-down
)
MINUTES = 4
EQUAL: dict[str, Any] = {  # for all networks of the comparison
    "scale": 2,
    "batch": 8,
    "patch": 48,
    "seed": 0,
    "learning_rate": 1e-3,
    "schedule": "cosine",
    "floor": 0.01,
    "ema": 0.999,
    "clip": 1.0,
}

__all__ = ["SETS", "budget", "main", "measure", "names", "recipe_of", "table", "told_no_blur", "train", "weights_of"]


def train(name: str, root: Path) -> None:
    """Train as the recipe says, or go on; keep the weights and the history."""
    import torch

    import srkit

    torch.set_num_threads(1)
    recipe, out = recipe_of(name), ROOT / "runs" / "weights" / name
    began, first = time.process_time(), 0
    common: dict[str, Any] = {"root": root, "callbacks": [partial(_stop, recipe.get("stop"))]}
    conditional = "degradation" in recipe
    valid = partial(_measure_without_blur, recipe["valid"], root) if conditional else recipe["valid"]
    if "adversary" in recipe:
        common["adversarial"] = srkit.training.AdversarialTerm(**recipe["adversary"])
    if (out / "checkpoint.pt").exists():
        first = srkit.training.load_checkpoint(out / "checkpoint.pt")["step"]
        run = srkit.training.resume(out, valid=valid, **common)
    else:
        run = srkit.train(
            recipe["model"],
            recipe["dataset"],
            scale=recipe["scale"],
            valid=valid,
            maker=_maker(**recipe["degradation"]) if conditional else None,
            init=HOME / recipe["init"] if "init" in recipe else None,
            out=out,
            log_every=100,
            **{"valid_every": 500, "save_every": 500, **recipe["training"]},
            **common,
        )
    cost = (time.process_time() - began) / max(1, run.steps - first)
    note = {"cpu_seconds": round(cost * run.steps), "steps": run.steps}
    if run.interrupted and run.steps != recipe.get("stop"):
        raise SystemExit(f"{name} stopped at step {run.steps} ({run.interrupted}); call again to go on.")
    if "finish" in recipe:
        run = _finish(recipe, out, root)
        note = {"cpu_seconds": round(time.process_time() - began + cost * first), "steps": note["steps"] + run.steps}
    srkit.models.save(run.net, weights_of(name))
    shutil.copyfile(out / "history.csv", HOME / f"{name}.csv")
    _note(name, note)


def _finish(recipe: dict[str, Any], out: Path, root: Path) -> Any:
    """Train on from where the first run ended, as the second table of the recipe says; from its start if it is cut."""
    import srkit

    weights = {"init": out / "last.safetensors", "out": out.with_name(f"{out.name}_finish"), "root": root}
    return srkit.train(recipe["model"], recipe["dataset"], scale=recipe["scale"], **weights, **recipe["finish"])


def _maker(family: str, widths: tuple[float, float] | None = None) -> str:
    """Return the formula of the batches of a recipe whose network is told the degradation of each patch."""
    return (
        f"gaussian_codes(family={family})"
        if widths is None
        else (f"gaussian_codes(family={family}, widths={widths[0]}..{widths[1]})")
    )


def _measure_without_blur(dataset: str, root: Path, net: Any) -> Any:
    """Validate a conditional network on the bicubic reduction."""
    import srkit

    return srkit.evaluate(told_no_blur(net), dataset, root=root)


def told_no_blur(net: Any, basis: Any = None) -> Any:
    """Return a network given the code of no blur: in srkit's own basis, or in that of the weights' authors."""
    from srkit.degrade import srmd_basis, srmd_code
    from srkit.evaluation.mismatch import Conditioned
    from srkit.ops.kernels import delta

    return Conditioned(net, srmd_code(delta(15), srmd_basis() if basis is None else basis))


def _stop(step: int | None, state: Any, outcome: Any) -> None:
    """End the run at the step a recipe names, before its schedule is over."""
    if state.step == step:
        state.stop = "the recipe stops here"


def train_priors() -> None:
    """Train the priors of blur kernels as their recipe says, and keep them in half precision, with what they cost."""
    import torch
    from safetensors.torch import save

    import srkit

    torch.set_num_threads(1)
    for name, recipe in tomllib.loads((PRIORS / "recipe.toml").read_text("utf-8")).items():
        began = time.process_time()
        run = srkit.methods.train_fkp(**recipe)
        if not run.reason.startswith("done"):
            raise SystemExit(f"{name} was not finished ({run.reason}); nothing was kept.")
        state = {k: v.half() if k.startswith("net.") else v for k, v in run.flow.state_dict().items()}
        (PRIORS / f"{name}.safetensors").write_bytes(save(state))
        facts = {
            "cpu_seconds": round(time.process_time() - began),
            "nats": round(min(nats for _, nats in run.history["nll"]), 2),
            "parameters": sum(weights.numel() for weights in run.flow.parameters()),
            "steps": len(run.history["loss"]),
        }
        (PRIORS / f"{name}.json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
        print(name, facts, flush=True)


def measure(name: str, root: Path) -> None:
    """Measure the weights on the test sets and write the numbers beside them."""
    import srkit

    recipe = recipe_of(name)
    net = srkit.models.create(recipe["model"], scale=recipe["scale"], pretrained=weights_of(name))
    seen = told_no_blur(net) if "degradation" in recipe else net
    measured = _measured(name, seen, SETS, recipe["scale"], root)
    _note(name, {"parameters": srkit.models.parameters(net), "measured": measured})
    if "degradation" in recipe:
        _note(name, {"told": _measure_told(net, recipe["degradation"]["family"], root)})


def measure_listed(root: Path, networks: list[str]) -> None:
    """Measure the listed weights of others that this machine has (of some networks), and write them into the list."""
    import srkit
    from srkit.degrade.kernel_files import read_matrix

    for source in srkit.models.official():
        if networks and source.network not in networks:
            continue
        if source.path is None:
            print(f"{source.network} x{source.scale} {source.variant!r} is not here: {source.how_to_get}", flush=True)
            continue
        net = srkit.models.create(source.network, scale=source.scale, pretrained=source.variant)
        if srkit.models.card(source.network).extra_input == "degradation":
            net = told_no_blur(net, read_matrix(root / "kernels" / "srmd_pca_matlab.mat", "P"))
        name = f"{source.network} x{source.scale} {source.variant}"
        measured = _measured(name, net, SETS[:2], source.scale, root)
        scores = {key: f"[{one['psnr']:.3f}, {one['ssim']:.4f}]" for key, one in measured.items()}
        LISTED.write_text(with_scores(LISTED.read_text("utf-8"), source, scores), "utf-8")


def budget(root: Path) -> None:
    """Train each network that has no row yet for the same CPU time, and add its row to the table."""
    import torch

    import srkit

    torch.set_num_threads(1)
    done = set()
    if BUDGET.exists():
        with BUDGET.open(encoding="utf-8") as file:
            done = {row["network"] for row in csv.DictReader(file)}
    else:
        BUDGET.write_text("network,parameters,minutes,steps,psnr,ssim\n", "utf-8")
    pairs = srkit.datasets.load("a2001", scale=2, root=root)
    for name in (name for name in BUDGETED if name not in done):
        steps = int(60 * MINUTES / _seconds_a_step(name, pairs)) // 10 * 10
        began = time.process_time()
        run = srkit.train(name, pairs, steps=steps, **_equal(name))
        minutes = (time.process_time() - began) / 60
        mean = srkit.evaluate(run.net, "set5", scale=2, root=root).mean
        row = (name, srkit.models.parameters(run.net), f"{minutes:.1f}", steps, f"{mean.psnr:.3f}", f"{mean.ssim:.4f}")
        with BUDGET.open("a", encoding="utf-8") as file:
            print(*row, sep=",", file=file)


def _equal(name: str) -> dict[str, Any]:
    """Return how each network of the comparison is trained: by L1 of what it makes, brightness or colours."""
    import srkit

    return EQUAL | {"loss": "1*L1(on=y)" if srkit.models.card(name).luma_only else "1*L1"}


def _seconds_a_step(name: str, pairs: Any) -> float:
    """Return the CPU seconds of a training step, after twenty that warm up."""
    import srkit

    clock: list[float] = []
    srkit.train(name, pairs, steps=60, callbacks=[lambda *_: clock.append(time.process_time())], **_equal(name))
    return (clock[-1] - clock[19]) / (len(clock) - 20)


def _measured(name: str, net: Any, sets: tuple[str, ...], scale: int, root: Path) -> dict[str, dict[str, float]]:
    """Return PSNR and SSIM of a network on each set, and print them as they come."""
    import srkit

    found = {}
    for dataset in sets:
        mean = srkit.evaluate(net, dataset, scale=scale, root=root).mean
        found[dataset] = {"psnr": round(mean.psnr, 3), "ssim": round(mean.ssim, 4)}
        print(name, dataset, found[dataset], flush=True)
    return found


def _measure_told(net: Any, family: str, root: Path) -> dict[str, Any]:
    """Return PSNR on Set5 for every true and every told blur, and that of bicubic interpolation."""
    from srkit.degrade import srmd_basis
    from srkit.evaluation import mismatch

    widths = (NO_BLUR,) if family == "none" else WIDTHS
    found = mismatch(net, "set5", basis=srmd_basis(), widths_lr=WIDTHS, widths_sr=widths, root=root)
    print(found, flush=True)
    return {
        "psnr": [[round(float(value), 3) for value in row] for row in found.psnr],
        "bicubic": [round(float(value), 3) for value in found.bicubic],
    }


def _note(name: str, facts: dict[str, Any]) -> None:
    path = HOME / f"{name}.json"
    known = json.loads(path.read_text("utf-8")) if path.exists() else {}
    path.write_text(json.dumps({**known, **facts}, indent=1, sort_keys=True) + "\n", "utf-8")


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


def main(arguments: list[str]) -> int:
    """Carry out the verb; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "verb", nargs="?", default="table", choices=("train", "measure", "listed", "prior", "budget", "table")
    )
    parser.add_argument("name", nargs="*")
    parser.add_argument("--root", type=Path, help="where Set5, Set14, B100, T91 and BSDS200 lie")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args(arguments)
    if options.verb == "table":
        return table(check=options.check)
    if options.verb == "prior":
        train_priors()
        return table(check=False)
    if options.verb == "listed":
        measure_listed(options.root, options.name)
        return 0
    if options.verb == "budget":
        budget(options.root)
        return 0
    for name in options.name:
        if options.verb == "train":
            train(name, options.root)
        measure(name, options.root)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
