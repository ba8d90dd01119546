"""Training in bfloat16 on a CPU: what a step costs in each precision, and what whole runs reach.

Usage: OMP_NUM_THREADS=1 python -m benchmarks precision DATA [--runs FOLDER] [--steps 3000] [--seeds 3] [--rounds 15]

The first tables are CPU milliseconds of a step of four networks (8 LR patches of 24x24) beside the loop written out.
The last one is PSNR on Set5 x2 after whole runs on T91 (4 LR patches of 16x16, Adam, 1e-3 falling to 0 by a cosine),
all with channels_last: in float32, in bfloat16, and in bfloat16 with the last fifth in float32, which goes on from the
checkpoint of the one in bfloat16. Evaluation is in float32. With --runs the runs stay, and an ended call goes on.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import torch

from benchmarks._peers import race, table
from benchmarks.training import SCALE, Same, srkits, written_out
from srkit import evaluate, models, train
from srkit.training import State, resume
from srkit.training.checkpoint import load_checkpoint
from srkit.training.loop import Outcome

PACES: dict[str, dict[str, object]] = {
    "float32": {},
    "float32, channels_last": {"channels_last": True},
    "bfloat16, channels_last": {"channels_last": True, "precision": "bfloat16"},
}


def paces(rounds: int) -> None:
    """Print what a step of four networks costs at each pace."""
    data = Same(batch=8, patch=24 * SCALE)
    for name in ("edsr_small", "rcan_small", "vdsr", "edsr_baseline"):
        make = partial(models.create, name, scale=SCALE)
        jobs = {"the loop written out, float32": written_out(make(), data, 1)}
        jobs |= {pace: srkits(make(), data, 1, **settings) for pace, settings in PACES.items()}
        print(table(f"{name}: one step", race(jobs, rounds=rounds), {}))


def three_ends(name: str, seed: int, steps: int, data: Path, runs: Path) -> dict[str, float]:
    """Return the PSNR on Set5 of a run in float32, in bfloat16, and in bfloat16 with the last fifth in float32."""

    def made(kind: str, precision: str, end: int) -> Path:
        """Return the folder of a run of ``steps`` steps that has made the first ``end`` of them."""

        def pause(state: State, outcome: Outcome) -> None:
            if state.step == end:
                state.stop = f"{end} steps are made"

        folder, more = runs / f"{name}-{seed}-{kind}", {"callbacks": [pause], "precision": precision}
        if not (folder / "checkpoint.pt").exists():
            how: dict[str, Any] = {"batch": 4, "patch": 16 * SCALE, "learning_rate": 1e-3, "schedule": "cosine"}
            how |= {"channels_last": True, "progress": False, "root": data, "scale": SCALE, "out": folder}
            train(name, "t91", steps=steps, seed=seed, **how, **more)
        elif load_checkpoint(folder / "checkpoint.pt")["step"] < end:
            resume(folder, progress=False, root=data, **more)
        return folder

    half, ends = made("begun", "bfloat16", steps * 4 // 5), {}
    for kind, precision in (("float32", "float32"), ("bfloat16", "bfloat16"), ("bfloat16, float32", "float32")):
        if kind != "float32" and not (runs / f"{name}-{seed}-{kind}").exists():
            shutil.copytree(half, runs / f"{name}-{seed}-{kind}")
        ends[kind] = resume(made(kind, precision, steps), progress=False, root=data).net
    return {kind: float(evaluate(net, "set5", scale=SCALE, root=data).mean.psnr) for kind, net in ends.items()}


def whole_runs(names: list[str], seeds: int, steps: int, data: Path, runs: Path) -> None:
    """Print what the runs of each network reach: mean and standard deviation over the seeds, and differences."""
    print("| network | precision | mean dB | deviation over seeds | minus float32 | each |\n|---|---|--:|--:|--:|---|")
    reached = {(seed, name): three_ends(name, seed, steps, data, runs) for seed in range(seeds) for name in names}
    for name in names:
        found = [reached[seed, name] for seed in range(seeds)]
        for kind in found[0]:
            scores = [one[kind] for one in found]
            apart = [one[kind] - one["float32"] for one in found]
            spread = statistics.stdev(scores) if seeds > 1 else 0.0
            each = ", ".join(f"{score:.3f}" for score in scores)
            mean, less = statistics.mean(scores), statistics.mean(apart)
            print(f"| {name} | {kind} | {mean:.3f} | {spread:.3f} | {less:+.3f} | {each} |", flush=True)


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, help="folder with Set5 and T91")
    parser.add_argument("--runs", type=Path, help="folder in which the runs stay")
    parser.add_argument("--rounds", type=int, default=15, help="how often each pace takes its turn; 0: none")
    parser.add_argument("--steps", type=int, default=3000, help="of each run")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--networks", nargs="*", default=["a2001sr", "edsr_small"])
    words = parser.parse_args()
    torch.set_num_threads(1)
    if words.rounds:
        paces(words.rounds)
    with tempfile.TemporaryDirectory() as folder:
        whole_runs(words.networks, words.seeds, words.steps, words.data, words.runs or Path(folder))


if __name__ == "__main__":
    main()
