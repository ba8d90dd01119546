"""What each process of a spread-out training runs: ``torchrun --nproc_per_node N spread_run.py OUT PARTS``."""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import nn

from srkit import datasets, training
from srkit.training import AdversarialTerm
from srkit.training.world import World, join_world
from tests.training._toy import Levels, Toy

KINDS = ("plain", "levels", "discriminator")


def every_kind(out: Path, parts: int) -> None:
    """Train a toy network on the sample images, alone, with several predictions, and against a discriminator."""
    with join_world() as world:
        for kind in KINDS:
            train(kind, out / kind, parts, world)


def train(kind: str, out: Path, parts: int, world: World) -> None:
    """Train once; every process writes down the weights it ended with."""
    out.mkdir(exist_ok=True)
    net = Levels() if kind == "levels" else Toy()
    pairs = datasets.samples(scale=net.scale)
    adversarial = None
    if kind == "discriminator":
        judge = nn.Sequential(nn.Conv2d(3, 6, 4, 2), nn.LeakyReLU(0.2), nn.Conv2d(6, 1, 4, 2))
        for parameter in judge.parameters():
            parameter.data = torch.sin(torch.arange(parameter.numel()).reshape(parameter.shape) * 1.0) * 0.1
        adversarial = AdversarialTerm(game="LS", weight=0.1, discriminator=judge)
    run = training.train(
        net, pairs, loss="1*L1+0.01*TV", steps=8, batch=8, patch=32, learning_rate=1e-3, accumulate=parts,
        ema=0.5, clip=0.5, valid=pairs[:1], out=out / "run", progress=False, adversarial=adversarial,
    )  # fmt: skip
    torch.save([run.net.state_dict(), run.history["loss"]], out / f"rank{world.rank}.pt")


if __name__ == "__main__":
    torch.set_num_threads(1)
    every_kind(Path(sys.argv[1]), int(sys.argv[2]))
