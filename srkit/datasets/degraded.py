"""Degrading on the fly: training batches whose LR is made anew, at every step, from patches of HR."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from srkit.datasets.maker import generator_for
from srkit.datasets.pair import Pairs
from srkit.datasets.patches import Patches
from srkit.degrade import Chain, parse
from srkit.errors import BadInput
from srkit.ops import pixels

__all__ = ["DegradedPatches", "degraded", "fitting_chain"]


def degraded(pairs: Pairs, chain: str | Chain, *, seed: int = 0) -> Pairs:
    """Return the same HR images with LR made by a chain instead of by bicubic: once and for all, for measuring.

    Image ``i`` always gets the same draws, whichever images are looked at before.

    Args:
        pairs: whose HR is taken.
        chain: a formula such as ``"blur(1.6) > down(4) > noise(10)"``, or what ``srkit.degrade.parse`` made of it.
        seed: decides the draws.

    Raises:
        BadInput: the chain reduces by another factor than the pairs' scale.

    Example:
        >>> from srkit.datasets import degraded, samples
        >>> pairs = degraded(samples(scale=2), "blur(1) > down(2) > noise(5)")
        >>> pairs[0].lr.shape[-1] * 2 == pairs[0].hr.shape[-1]
        True
    """
    return pairs.made_by(fitting_chain(chain, pairs), seed=seed)


class DegradedPatches:
    """Random patches of HR and what a chain makes of them; a function of seed and step alone, like ``Patches``.

    Each patch has a generator of its own, so that one process and several see the same, and is degraded with a margin.
    (:class:`srkit.training.Degraded` does the simpler thing with batches of any origin.)

    Args:
        pairs: whose HR images the patches come from.
        chain: a formula or a chain; it must reduce by the pairs' scale.
        patch: side of the HR patch in pixels.
        batch: patches in a batch, over all processes.
        seed: with the step it determines everything.
        augment: mirror and turn, as in :class:`~srkit.datasets.Patches`.
        rank: which process this is.
        world: number of processes.
        margin: HR pixels degraded around each patch and cut off again, so that the border rule of a blur is not learnt.
        cache: as in :class:`~srkit.datasets.Patches`.

    Attributes:
        name: of the data and the chain.
        scale: of both.

    Raises:
        BadInput: as ``Patches``, or a chain of another scale.
    """

    def __init__(
        self,
        pairs: Pairs,
        chain: str | Chain,
        *,
        patch: int = 96,
        batch: int = 16,
        seed: int = 0,
        augment: bool = True,
        rank: int = 0,
        world: int = 1,
        margin: int = 8,
        cache: Path | str | Literal["auto"] | None = "auto",
    ) -> None:
        self.chain, self.scale, self.seed = fitting_chain(chain, pairs), pairs.scale, seed
        self.name = f"{pairs.name} | {self.chain}"
        self.margin = -(-margin // self.scale)  # LR pixels
        self._batch, self._rank = batch // world, rank
        whole = patch + 2 * self.margin * self.scale
        self._patches = Patches(
            pairs, patch=whole, batch=batch, seed=seed, augment=augment, rank=rank, world=world, cache=cache
        )

    def __len__(self) -> int:
        """Return the number of images patches are taken from."""
        return len(self._patches)

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Return LR ``(n, 3, patch/scale, patch/scale)`` and HR ``(n, 3, patch, patch)`` of a step."""
        _, hr = self._patches.batch(step)
        first = self._rank * self._batch
        made = [self._degrade(one, step, first + place) for place, one in enumerate(hr)]
        return torch.stack(made), pixels.crop_border(hr, self.margin * self.scale)

    def _degrade(self, hr: Tensor, step: int, place: int) -> Tensor:
        lr = self.chain(hr, rng=generator_for(self.seed, step, place))
        return pixels.crop_border(pixels.quantise(lr), self.margin)


def fitting_chain(chain: str | Chain, pairs: Pairs) -> Chain:
    """Return the chain of a formula, after making sure that it reduces by the pairs' scale.

    Raises:
        BadInput: it does not.
    """
    made = parse(chain) if isinstance(chain, str) else chain
    if made.scale != pairs.scale:
        raise BadInput(
            f"The chain {str(made)!r} reduces {made.scale} times and the pairs of {pairs.name!r} are x{pairs.scale}: "
            f"write down({pairs.scale}), or load the data with scale={made.scale}."
        )
    return made
