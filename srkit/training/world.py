"""Distributed training and random numbers: the rank of this process, and the seeding of a step.

``torchrun --nproc_per_node=2 -m srkit train …`` starts the same program twice; each process works on its share of
every batch, gradients are averaged (DistributedDataParallel), and only the first process writes files. Across machines
the same holds, with torchrun's ``--nnodes``.

Dropout and weight initialisation in torch draw from one global generator per device. Inside :func:`chance` that
generator is set from what the run is doing, and put back afterwards, so a run is repeated exactly by its seed, a
resumed run needs no saved generator, and a notebook that draws random numbers around a training gets the same ones with
and without it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor

from srkit.errors import BadInput

__all__ = ["World", "chance", "join_world", "mean_over", "mix"]


@dataclass(frozen=True)
class World:
    """The rank of this process among those that train together."""

    rank: int = 0  # number of this process, 0 … size - 1
    size: int = 1  # how many processes there are
    local_rank: int = 0  # number of this process on its machine, which is the number of its GPU

    @property
    def first(self) -> bool:
        """Whether this process is the one that writes files and shows progress."""
        return self.rank == 0


@contextlib.contextmanager
def join_world() -> Iterator[World]:
    """Join the process group of ``torchrun``, and leave it at the end; with one process, do nothing.

    A process group that already exists is used and left as it is.
    """
    if not dist.is_available() or (not dist.is_initialized() and int(os.environ.get("WORLD_SIZE", "1")) <= 1):
        yield World()
        return
    mine = not dist.is_initialized()
    if mine:
        _check_environment()
        dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
    try:
        yield World(dist.get_rank(), dist.get_world_size(), int(os.environ.get("LOCAL_RANK", "0")))
    finally:
        if mine:
            dist.destroy_process_group()


def mean_over(world: World, values: Tensor) -> Tensor:
    """Return the mean of ``values`` over all processes; every process gets the same numbers."""
    if world.size == 1:
        return values
    total = values.clone()
    dist.all_reduce(total)
    return total / world.size


def _check_environment() -> None:
    missing = [name for name in ("RANK", "MASTER_ADDR", "MASTER_PORT") if name not in os.environ]
    if missing:
        raise BadInput(
            f"WORLD_SIZE={os.environ['WORLD_SIZE']} asks for several processes, but {', '.join(missing)} is not set. "
            "Start them with torchrun --nproc_per_node=N …, or unset WORLD_SIZE to train in one process."
        )


def mix(*numbers: int) -> int:
    """Return a seed in [0, 2**63) that depends on every one of ``numbers`` and on their order."""
    digest = hashlib.blake2b(" ".join(map(str, numbers)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


@contextlib.contextmanager
def chance(*numbers: int, device: torch.device | None = None) -> Iterator[None]:
    """Seed torch's global generators from ``numbers`` for the duration of a ``with`` block, then restore them.

    Args:
        device: a CUDA device whose generator is treated likewise; the CPU's always is.
    """
    sources = [torch.default_generator]
    if device is not None and device.type == "cuda":
        sources.append(torch.cuda.default_generators[device.index or 0])
    before = [source.get_state() for source in sources]
    for source in sources:
        source.manual_seed(mix(*numbers))
    try:
        yield
    finally:
        for source, state in zip(sources, before, strict=True):
            source.set_state(state)
