"""What the training loop costs: srkit's run against the same steps written out, and against EDSR-PyTorch's loop.

The loops take turns on the same batch, on one thread, and CPU time is counted. The first table is the price of guard,
history, reproducible randomness and averaging in microseconds, on a network so small that nothing else counts; the
second is the same as a share of a step of the exercise's network; the third (with --peers) is a step of the EDSR
baseline (16 blocks, 64 channels, batch 4, LR 32x32) as EDSR-PyTorch's trainer makes it.
"""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import torch
from torch import Tensor, nn

from benchmarks._peers import Missing, load, race, table
from srkit import losses, models
from srkit.training import Config, Record, make_state, run

SCALE = 2


class Same:
    """The same batch at every step, so that only the loops differ."""

    def __init__(self, *, batch: int, patch: int) -> None:
        rng = torch.Generator().manual_seed(0)
        self.hr = torch.rand(batch, 3, patch, patch, generator=rng)
        self.lr = nn.functional.interpolate(self.hr, scale_factor=1 / SCALE, mode="area")

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Return it."""
        return self.lr, self.hr


def written_out(net: nn.Module, data: Same, steps: int) -> Callable[[], None]:
    """Return the plain loop of a beginner: Adam, L1, nothing else."""
    optimiser = torch.optim.Adam(net.parameters(), 1e-4)
    net.train()

    def job() -> None:
        for step in range(steps):
            lr, hr = data.batch(step)
            optimiser.zero_grad()
            loss = nn.functional.l1_loss(net(lr), hr)
            loss.backward()
            optimiser.step()

    return job


def srkits(net: nn.Module, data: Same, steps: int, **settings: object) -> Callable[[], None]:
    """Return srkit's loop with its record of every step."""
    state = make_state(net, losses.parse("1*L1"), Config(steps=steps, **settings))
    record = Record()

    def job() -> None:
        run(state, dataclasses.replace(state.config, steps=state.step + steps), data, [record])

    return job


class Dot(nn.Module):
    """A network with two tensors of weights, whose own work is nearly nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = SCALE
        self.only = nn.Conv2d(3, 12, 1)

    def forward(self, lr: Tensor) -> Tensor:
        """Enlarge ``(b, 3, h, w)`` to ``(b, 3, 2*h, 2*w)``."""
        return nn.functional.pixel_shuffle(self.only(lr), SCALE)  # (b, 3, 2*h, 2*w)


def loops(make: Callable[[], nn.Module], data: Same, steps: int) -> dict[str, Callable[[], None]]:
    """Return the written-out loop and srkit's with more and more switched on, each with a network of its own."""
    return {
        "the loop written out": written_out(make(), data, steps),
        "srkit, guard off": srkits(make(), data, steps, guard=None),
        "srkit as it comes": srkits(make(), data, steps),
        "srkit with ema and clip": srkits(make(), data, steps, ema=0.999, clip=1.0),
    }


def edsr(peers: Path | None) -> nn.Module:
    """Return EDSR-PyTorch's own EDSR baseline.

    Raises:
        Missing: its source is not below the folder of peers.
    """
    common = load(peers, "EDSR-PyTorch/src/model/common.py")
    source = load(peers, "EDSR-PyTorch/src/model/edsr.py", pretend={"model": {"common": common}})
    options = SimpleNamespace(n_resblocks=16, n_feats=64, scale=[SCALE], rgb_range=255, n_colors=3, res_scale=1)
    network: nn.Module = source.EDSR(options)
    return network


def overhead(results: dict[str, tuple[float, float]], steps: int) -> dict[str, str]:
    """Return, for each loop, what it costs beyond the written-out one."""
    plain = results["the loop written out"][0]
    return {
        name: f"{(ratio - 1) * 100:+.1f} %, {plain * (ratio - 1) / steps * 1e3:+.0f} µs a step"
        for name, (_, ratio) in results.items()
    }


def main() -> None:
    """Measure and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="how often each loop takes its turn")
    parser.add_argument("--peers", type=Path, help="folder that holds EDSR-PyTorch")
    words = parser.parse_args()
    torch.set_num_threads(1)
    exercise = partial(models.create, "a2001sr", scale=SCALE)
    for title, make, batch, patch, steps in (
        ("A network of one pixel", Dot, 1, 2, 100),
        ("A2001SR x2, batch 8, patch 64", exercise, 8, 64, 2),
    ):
        results = race(loops(make, Same(batch=batch, patch=patch), steps), rounds=words.rounds)
        print(table(f"{title}: {steps} steps", results, overhead(results, steps)))
    data = Same(batch=4, patch=64)
    try:
        peer = edsr(words.peers)
    except Missing as reason:
        print(f"EDSR-PyTorch did not take part: {reason}.")
        return
    jobs = {
        "srkit as it comes": srkits(models.create("edsr_baseline", scale=SCALE), data, 1),
        "EDSR-PyTorch": written_out(peer, data, 1),
    }
    print(table("One step of the EDSR baseline x2", race(jobs, rounds=max(3, words.rounds // 2)), {}))


if __name__ == "__main__":
    main()
