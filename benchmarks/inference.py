"""Tiles and the self-ensemble against EDSR-PyTorch's, and the memory a 12-megapixel photo needs."""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

import srkit
from benchmarks._peers import Missing, load, race, table
from srkit.inference import measure_reach, self_ensemble, tiled


def peer(folder: Path | None, net: nn.Module, scale: int) -> Any:
    """Return an object with EDSR-PyTorch's ``forward_chop`` and ``forward_x8`` around our network.

    Their code spreads the four quarters over GPUs with ``data_parallel``, which refuses to run without one; here it
    calls the network itself, the same work on one CPU.
    """
    module = load(folder, "EDSR-PyTorch/src/model/__init__.py")
    module.P = SimpleNamespace(data_parallel=lambda network, *inputs: network(*inputs[:-1]))
    model = SimpleNamespace(
        input_large=False, scale=[scale], idx_scale=0, n_GPUs=1, model=net, precision="single", device="cpu"
    )
    model.forward_chop = lambda *a, **k: module.Model.forward_chop(model, *a, **k)
    model.forward_x8 = lambda *a, **k: module.Model.forward_x8(model, *a, **k)
    return model


def race_tiles(folder: Path | None, name: str, side: int, rounds: int) -> None:
    """Race the whole image, our tiles and their quarters, and say how far each is from the whole image."""
    net = srkit.models.create(name, scale=2, tiny=True).eval()
    lr = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0))
    reach = measure_reach(net)
    ours = tiled(net, lr, tile=side // 2)
    jobs: dict[str, Callable[[], object]] = {
        "srkit, 4 tiles": lambda: tiled(net, lr, tile=side // 2, halo=reach),
        "measuring the reach, once per network": lambda: measure_reach(net),
        "the whole image": lambda: net(lr),
    }
    notes = {"srkit, 4 tiles": _off(ours, net(lr))}
    try:
        model = peer(folder, net, 2)
        jobs["EDSR-PyTorch forward_chop"] = lambda: model.forward_chop(lr)
        notes["EDSR-PyTorch forward_chop"] = _off(model.forward_chop(lr), net(lr))
        jobs["srkit self-ensemble"] = lambda: self_ensemble(net, lr)
        jobs["EDSR-PyTorch forward_x8"] = lambda: model.forward_x8(lr, forward_function=net)
        notes["EDSR-PyTorch forward_x8"] = _off(model.forward_x8(lr, forward_function=net), self_ensemble(net, lr))
    except Missing as missing:
        print(f"EDSR-PyTorch does not take part: {missing}\n")
    print(table(f"{name} (tiny) x2, {side} x {side}, {reach}", race(jobs, rounds=rounds), notes))


def _off(result: Tensor, whole: Tensor) -> str:
    changed = (result.clamp(0, 1) * 255).round() != (whole.clamp(0, 1) * 255).round()
    return (
        f"differs by at most {(result - whole).abs().max():.1e}; {100 * changed.float().mean():.3f} % of 8-bit values"
    )


def try_hard_cases(folder: Path | None) -> None:
    """Run the sizes that are known to break quartering: an odd side, and an image of 640,000 pixels and more."""
    net = srkit.models.create("bicubic", scale=3).eval()
    for height, width in ((101, 77), (810, 800)):
        lr = torch.rand(1, 3, height, width)
        off = (tiled(net, lr, tile=max(height, width) // 2) - net(lr)).abs().max()
        try:
            model = peer(folder, net, 3)
            theirs = f"differs by {(model.forward_chop(lr) - net(lr)).abs().max():.1e}"
        except Missing as missing:
            theirs = f"not run ({missing})"
        except (RuntimeError, ValueError, IndexError) as error:
            theirs = f"fails: {str(error).splitlines()[0][:90]}"
        print(f"- x3, {height} x {width}: srkit differs by {off:.1e}; forward_chop {theirs}")


def measure_memory(words: argparse.Namespace) -> None:
    """Print peak resident memory and CPU seconds of fresh processes that enlarge one photograph from file to file.

    With weights that are a file of ncnn, ncnn computes the same network in the same tiles beside PyTorch.
    """
    name, scale, megapixels = words.model, words.scale, [float(size) for size in words.megapixels.split(",")]
    runtimes = ("torch", "ncnn") if words.ncnn else ("torch",)
    print(f"### From file to file: {name} x{scale} {words.pretrained}, one thread\n")
    print("| photograph | result | computed by | MiB before | MiB beyond at peak | CPU s per megapixel |")
    print("|---|---|---|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder:
        for size in megapixels:
            height = round((size * 1e6 * 3 / 4) ** 0.5)
            width = round(height * 4 / 3)
            source = Path(folder) / f"{size:g}.jpg"
            noise = np.random.default_rng(0).integers(0, 256, (height // 16, width // 16, 3), dtype=np.uint8)
            Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC).save(source, quality=92)
            for suffix, runtime in itertools.product(words.suffixes.split(","), runtimes):
                target = Path(folder) / f"out{suffix}"
                given = [name, scale, words.pretrained, runtime, words.tile, source, target]
                call = [sys.executable, "-m", "benchmarks._enlarged", *map(str, given)]
                done = subprocess.run(call, capture_output=True, text=True, check=False)
                title = f"| {width} x {height} | {width * scale} x {height * scale} {suffix} | {runtime} |"
                target.unlink(missing_ok=True)
                if done.returncode:
                    print(f"{title} ended with {done.returncode}: {(done.stderr.splitlines() or [''])[-1]} | | |")
                    continue
                start, peak, seconds = map(float, done.stdout.split())
                print(f"{title} {start:.0f} | {peak - start:.0f} | {seconds / size:.2f} |", flush=True)


def main() -> None:
    """Read the words and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, help="folder that holds EDSR-PyTorch/")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--side", type=int, default=192)
    parser.add_argument("--memory", action="store_true", help="measure memory from file to file instead (minutes)")
    parser.add_argument("--megapixels", default="1,12", help="of the photographs, for example 1,12,50,100")
    parser.add_argument("--model", default="espcn")
    parser.add_argument("--scale", type=int, default=4)
    parser.add_argument("--pretrained", default="", help="weights, as srkit.models.create takes them")
    parser.add_argument("--ncnn", action="store_true", help="beside ncnn, for weights that are a file of ncnn")
    parser.add_argument("--tile", type=int, default=0, help="LR pixels; 0 takes what fits")
    parser.add_argument("--suffixes", default=".png,.jpg", help="formats of the results")
    words = parser.parse_args()
    torch.set_num_threads(1)
    if words.memory:
        measure_memory(words)
        return
    with torch.inference_mode():
        for name in ("edsr_baseline", "rcan"):
            race_tiles(words.peers, name, words.side, words.rounds)
        try_hard_cases(words.peers)


if __name__ == "__main__":
    main()
