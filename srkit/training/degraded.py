"""Batches whose small images are made by a degradation while the network trains: denoising, demosaicing, blind SR."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from srkit.training.batch import Batches
from srkit.training.chance import mix

__all__ = ["Degradation", "Degraded"]


class Degradation(Protocol):
    """What makes a bad image of a good one; :func:`srkit.degrade.parse` gives such things."""

    def __call__(self, image: Tensor, /, *, rng: torch.Generator) -> Tensor:
        """Return the degraded batch ``(b, 3, h', w')``."""
        ...


class Degraded:
    """HR patches, and what a degradation makes of them, drawn anew for every step.

    ``Degraded(patches, parse("noise(25)"), seed=0)`` trains a denoiser, ``parse("down(2) > mosaic")`` a network that
    demosaics and enlarges. Step k draws from (seed, k, process) alone.

    Args:
        batches: whose HR images are used, for example :class:`srkit.datasets.Patches`.
        degrade: makes LR of them.
        seed: decides what is drawn.
    """

    def __init__(self, batches: Batches, degrade: Degradation, *, seed: int = 0) -> None:
        self.batches = batches
        self.degrade = degrade
        self.seed = seed

    def batch(self, step: int, /) -> tuple[Tensor, Tensor]:
        """Return LR ``(b, 3, h, w)`` and HR ``(b, 3, scale*h, scale*w)`` of a step."""
        hr = self.batches.batch(step)[1]
        rng = torch.Generator().manual_seed(mix(self.seed, step, getattr(self.batches, "rank", 0), 2))
        return self.degrade(hr, rng=rng), hr
