"""A program that is killed, again and again, while it trains: ``python -m tests.training.killed_run DIR KILLS SEED``.

It trains once undisturbed, in ``DIR/whole``. Then, in ``DIR/killed``, it starts the same training in a child process,
kills the child with SIGKILL a random number of steps later, somewhere within a step, and resumes in the next child; the
last one may finish. One process that forks is used because importing torch takes longer than the whole training. What
it prints at the end is the step of the checkpoint that was found after each kill.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path

import torch

from srkit import datasets, training
from srkit.training import Callback, State
from tests._fork import ended, in_a_copy
from tests.training._toy import Batches, Toy, toy_state

STEPS = 90


class Tell(Callback):
    """Write a byte into a pipe after each step."""

    def __init__(self, pipe: int) -> None:
        self.pipe = pipe

    def stepped(self, state: State, outcome: object) -> None:
        """Tell."""
        os.write(self.pipe, b"!")


def train(folder: Path, pipe: int) -> None:
    """Begin the run, or go on with it if it has come as far as a checkpoint."""
    pairs = datasets.samples(scale=2)[:2]
    net, callbacks = Toy(dropout=0.2), [Tell(pipe)]
    if (folder / "checkpoint.pt").exists():
        training.resume(folder, net=net, pairs=pairs, valid=pairs[:1], callbacks=callbacks, progress=False)
        return
    training.train(
        net, pairs, steps=STEPS, batch=2, patch=16, learning_rate=1e-2, schedule="cosine", ema=0.9, clip=0.5,
        valid=pairs[:1], valid_every=20, save_every=3, out=folder, callbacks=callbacks, progress=False, seed=5,
    )  # fmt: skip


def in_a_child(folder: Path, steps: int, pause: float = 0.0) -> bool:
    """Train in a forked process and kill it after ``steps`` and ``pause`` seconds; False if it finished before."""
    reading, writing = os.pipe()
    child = in_a_copy(lambda: train(folder, writing))
    os.close(writing)
    if all(os.read(reading, 1) for _ in range(steps)):
        time.sleep(pause)
        os.kill(child, signal.SIGKILL)
    os.close(reading)
    status = ended(child)
    if status > 0:
        sys.exit("a child failed")
    return status < 0


def main() -> None:
    """Kill as often as asked, then finish."""
    torch.set_num_threads(1)
    folder, kills, rng = Path(sys.argv[1]), int(sys.argv[2]), random.Random(int(sys.argv[3]))
    state = toy_state()
    training.run(state, state.config, Batches())  # loads what torch loads late, once instead of in each child
    steps: list[int] = []
    in_a_child(folder / "whole", STEPS + 1)
    while len(steps) < kills and in_a_child(folder / "killed", rng.randint(1, 15), rng.uniform(0.0, 0.005)):
        saved = folder / "killed" / "checkpoint.pt"
        steps.append(training.load_checkpoint(saved)["step"] if saved.exists() else 0)
    in_a_child(folder / "killed", STEPS + 1)
    sys.stdout.write(f"{steps}\n")


if __name__ == "__main__":
    main()
