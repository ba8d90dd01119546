"""Training KMSR: an ordinary network at the size of HR learns to undo every kernel of a pool.

R. Zhou, S. Süsstrunk, "Kernel Modeling Super-Resolution on Real Low-Resolution Images", ICCV 2019, second stage. The
kernels were estimated on enlarged photographs and hold what enlarging does; so a training image is HR convolved with a
kernel of the pool, neither reduced nor enlarged, and the network is trained without its own enlargement.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor

from srkit import models
from srkit.datasets import DegradedPatches, Pairs, load
from srkit.degrade import pool_blur, read_pool
from srkit.errors import BadInput
from srkit.training.chance import chance
from srkit.training.result import Run
from srkit.training.scales import at_scale
from srkit.training.start import train

__all__ = ["train_kmsr"]


def train_kmsr(
    pairs: Pairs | str | Path,
    pool: Tensor | str | Path,
    *,
    scale: int = 2,
    steps: int,
    net: str = "kmsr",
    patch: int = 128,
    batch: int = 16,
    seed: int = 0,
    root: str | Path | None = None,
    arguments: dict[str, Any] | None = None,
    **settings: Any,
) -> Run:
    """Train a network that enlarges by bicubic and then sharpens, on kernels of a pool.

    ``train_kmsr("div2k", "pool/", steps=…, **kmsr_recipe())`` is the authors' way;
    ``train_kmsr(samples(scale=2), pool, steps=400, **kmsr_recipe(small=True))`` takes a CPU minute.

    Args:
        pairs: a data set, by name, folder or loaded; only HR is used.
        pool: kernels ``(n, k, k)``, or where they are stored (:func:`srkit.degrade.read_pool`): estimated ones, grown
            ones or both; the authors take a thousand of each.
        scale: by which the trained network enlarges; no weight depends on it.
        steps: updates.
        net: a network that enlarges by bicubic first, so that at scale 1 it sharpens only.
        patch: side of the patches.
        batch: patches in a batch.
        seed: decides weights, patches and kernels.
        root: where named data lie.
        arguments: of the network, for example ``{"tiny": True}``.
        **settings: of :func:`srkit.train`.

    Raises:
        BadInput: an empty pool, kernels that cannot blur, a network that does something else first, or as
            :func:`srkit.train`.
        BadFile: as :func:`srkit.degrade.read_pool`.
    """
    data = load(pairs, scale=1, root=root) if isinstance(pairs, str | Path) else at_scale(pairs, 1)
    kernels = pool if isinstance(pool, Tensor) else read_pool(pool)
    with chance(seed):
        made: Any = models.create(net, scale=scale, **(arguments or {}))
    if not hasattr(made, "sharpen"):
        raise BadInput(f"{net!r} has no step that sharpens an enlarged image: train_kmsr is for 'kmsr' and its like.")
    batches = DegradedPatches(
        data, pool_blur(kernels), patch=patch, batch=batch, seed=seed, margin=kernels.shape[-1] // 2
    )
    made.scale = 1  # the enlargement by 1 changes nothing
    try:
        return train(made, batches, steps=steps, seed=seed, patch=patch, batch=batch, **settings)
    finally:
        made.scale = scale
