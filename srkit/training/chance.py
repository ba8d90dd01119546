"""Randomness as a function of (seed, step): the caller's own random numbers are left where they were.

Dropout and weight initialisation in torch draw from one global generator per device. Inside :func:`chance` that
generator is set from what the run is doing, and put back afterwards, so a run is repeated exactly by its seed, a
resumed run needs no saved generator, and a notebook that draws random numbers around a training gets the same ones with
and without it.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator

import torch

__all__ = ["chance", "mix"]


def mix(*numbers: int) -> int:
    """Return a seed in [0, 2**63) that depends on every one of ``numbers`` and on their order."""
    digest = hashlib.blake2b(" ".join(map(str, numbers)).encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1


@contextlib.contextmanager
def chance(*numbers: int, device: torch.device | None = None) -> Iterator[None]:
    """Seed torch's global generators from ``numbers`` for the duration of a ``with`` block, then restore them.

    Args:
        *numbers: for example the seed, the step, the rank.
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
