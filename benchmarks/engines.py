"""Ten networks by PyTorch, ncnn and OpenVINO: CPU seconds a megapixel and how far each is off, one thread, one run.

Usage: OMP_NUM_THREADS=1 python -m benchmarks engines [--side 96] [--rounds 3] [--only NAME ...]

Each network enlarges one image of random pixels by each engine in turns; times are medians of the rounds (process
time), a megapixel is one of the result. Networks with trained weights that come
with srkit have those, others random ones of the paper's size. "Exact" is float32, "fast" bfloat16; the last line is the
geometric mean of how many times faster than PyTorch in float32 the way is that ``auto`` takes.
"""

from __future__ import annotations

import argparse
import math
import warnings
from functools import partial

import torch
from torch import Tensor, nn

import srkit
from benchmarks._peers import race
from srkit.errors import BadInput, SrkitError
from srkit.inference.engines import on_engine
from srkit.inference.mode import place_of

Way = tuple[str, str]

NETWORKS = (
    ("a2001sr", 2),
    ("edsr_small", 2),
    ("edsr_baseline", 2),
    ("rcan_small", 2),
    ("compact", 4),
    ("carn", 2),
    ("srresnet", 4),
    ("imdn", 2),
    ("espcn", 2),
    ("swinir_light", 2),
)
WAYS = (
    ("torch", "float32"),
    ("ncnn", "float32"),
    ("openvino", "float32"),
    ("torch", "bfloat16"),
    ("openvino", "bfloat16"),
    ("auto", "float32"),
    ("auto", "bfloat16"),
)


def network(name: str, scale: int) -> nn.Module:
    """Return a network with the weights that come with srkit, or without."""
    try:
        return srkit.models.create(name, scale=scale, pretrained="srkit")
    except SrkitError:
        return srkit.models.create(name, scale=scale).eval()


def measure(net: nn.Module, lr: Tensor, rounds: int) -> dict[Way, tuple[float, float, float]]:
    """Return for each way that can be gone its CPU seconds, its share of PyTorch's, and the levels it is off."""
    made: dict[Way, nn.Module] = {}
    for engine, precision in WAYS:
        try:
            made[engine, precision] = on_engine(net, engine=engine, precision=precision)
        except BadInput as problem:
            print(f"  {engine} {precision}: {problem}")
    jobs = {" ".join(way): partial(one, lr.to(place_of(one, lr)[1])) for way, one in made.items()}
    with torch.inference_mode():
        times, exact = race(jobs, rounds=rounds), jobs["torch float32"]()
        off = {way: 255 * float((jobs[" ".join(way)]().float() - exact).abs().max()) for way in made}
    return {way: (times[" ".join(way)][0] / 1e3, times[" ".join(way)][1], off[way]) for way in made}


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--side", type=int, default=96, help="LR pixels; half of it at x4")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*")
    words = parser.parse_args()
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    shown, gains = WAYS[:-2], {precision: [] for precision in ("float32", "bfloat16")}  # type: ignore[var-annotated]
    print("| network |", " | ".join(f"{engine} {precision}" for engine, precision in shown), "| auto |")
    print("|---|" + "--:|" * len(shown) + "---|")
    for name, scale in NETWORKS:
        if words.only and name not in words.only:
            continue
        side = words.side * 2 // scale
        lr = torch.rand(1, 3, side, side, generator=torch.Generator().manual_seed(0))
        times = measure(network(name, scale), lr, words.rounds)
        megapixels = (scale * side) ** 2 / 1e6
        cells = [f"{times[w][0] / megapixels:.2f} ({times[w][2]:.2g})" if w in times else "no" for w in shown]
        for precision, found in gains.items():
            found.append(1 / times["auto", precision][1])
        print(f"| {name} x{scale} |", " | ".join(cells), f"| {gains['float32'][-1]:.2f}, {gains['bfloat16'][-1]:.2f} |")
    means = [math.exp(sum(map(math.log, found)) / len(found)) for found in gains.values()]
    print(f"\nGeometric mean of {len(gains['float32'])}: exact {means[0]:.2f}, fast {means[1]:.2f} times torch float32")


if __name__ == "__main__":
    main()
