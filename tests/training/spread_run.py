"""What each process of a spread-out training runs: ``torchrun --nproc_per_node N spread_run.py OUT PARTS``."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from srkit import datasets, training
from tests.training._toy import Toy


def main() -> None:
    """Train the toy network on the sample images; every process writes down the weights it ended with."""
    torch.set_num_threads(1)
    out, parts = Path(sys.argv[1]), int(sys.argv[2])
    pairs = datasets.samples(scale=2)
    with training.join_world() as world:
        run = training.train(
            Toy(), pairs, loss="1*L1+0.01*TV", steps=8, batch=8, patch=32, learning_rate=1e-3, accumulate=parts,
            ema=0.5, clip=0.5, valid=pairs[:1], out=out / "run", progress=False,
        )  # fmt: skip
        torch.save([run.net.state_dict(), run.history["loss"]], out / f"rank{world.rank}.pt")


if __name__ == "__main__":
    main()
