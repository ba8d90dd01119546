"""Tiles and the self-ensemble against EDSR-PyTorch's."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
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


def main() -> None:
    """Read the words and measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", type=Path, help="folder that holds EDSR-PyTorch/")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--side", type=int, default=192)
    words = parser.parse_args()
    torch.set_num_threads(1)
    with torch.inference_mode():
        for name in ("edsr_baseline", "rcan"):
            race_tiles(words.peers, name, words.side, words.rounds)
        try_hard_cases(words.peers)


if __name__ == "__main__":
    main()
