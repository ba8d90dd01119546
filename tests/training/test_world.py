"""Several processes train one network as a single process would.

Tolerance: the gradient of a batch is summed in another order (the mean of two half-batches instead of the mean of the
whole), which changes its last bits. Adam divides each gradient by its own size, so a weight can move differently by at
most a few times its rounding error per step: 8 steps of 1e-3 stay within 2e-6, a thousandth of what the weights move.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from srkit.errors import BadInput
from srkit.training.config import make_config
from srkit.training.request import Request, prepare
from srkit.training.world import World, join_world, mean_over
from tests.training._toy import Batches, Toy
from tests.training.spread_run import KINDS, every_kind

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def spread(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    """The folders that spread_run.py filled in this process and in two others."""
    alone = tmp_path_factory.mktemp("alone")
    every_kind(alone, 1)
    return {1: alone, 2: run_spread(tmp_path_factory.mktemp("spread"), 2)}


def run_spread(out: Path, processes: int) -> Path:
    """Run spread_run.py in so many processes, each of which takes one part of every batch."""
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc_per_node", str(processes)]
    command = [sys.executable, *launcher, "-m", "tests.training.spread_run", str(out), str(processes)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return out


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_two_processes_give_the_weights_of_one_on_the_same_batch(spread: dict[int, Path], kind: str) -> None:
    """Alone, with several predictions, and against a discriminator."""
    two = spread[2] / kind
    alone, losses = torch.load(spread[1] / kind / "rank0.pt", weights_only=True)
    first, second = (torch.load(two / f"rank{rank}.pt", weights_only=True) for rank in range(2))
    start = Toy().state_dict()
    for name, value in alone.items():
        assert torch.equal(first[0][name], second[0][name]), "both processes end with the same weights"
        torch.testing.assert_close(first[0][name], value, rtol=0, atol=2e-6)
        assert float((value - start[name]).abs().max()) > 5e-4, "the weights moved far more than the tolerance"
    assert first[1] == pytest.approx(losses, rel=1e-5), "the loss in the history is that of the whole batch"
    assert second[1] == [], "only the first process keeps a record"
    assert sorted(path.name for path in two.iterdir()) == ["rank0.pt", "rank1.pt", "run"]
    assert (two / "run" / "checkpoint.pt").exists()


def test_alone_there_is_one_process_and_nothing_is_exchanged() -> None:
    with join_world() as world:
        assert world == World(rank=0, size=1, local_rank=0)
        assert world.first
    values = torch.tensor([1.0, 2.0])
    assert mean_over(World(), values) is values


def test_an_environment_that_does_not_say_how_to_meet_is_explained(monkeypatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    for name in ("RANK", "MASTER_ADDR", "MASTER_PORT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(BadInput, match=r"RANK, MASTER_ADDR, MASTER_PORT is not set.*torchrun"), join_world():
        pass


def test_a_batch_that_cannot_be_shared_equally_is_refused() -> None:
    request = Request(net=Toy(), pairs=Batches(), loss="1*L1", valid=None)
    config = make_config({"steps": 1, "batch": 6, "accumulate": 2})
    with pytest.raises(BadInput, match=r"batch=6 cannot be shared by 2 processes in 2 parts each.*multiple of 4"):
        prepare(request, config, World(rank=0, size=2))
