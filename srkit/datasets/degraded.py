"""Degrading on the fly: training batches whose LR is made anew, at every step, from patches of HR.

:class:`Made` joins patches and a *maker*. A maker turns one HR patch into its LR patch and the *condition*: what the
network, or its loss, is given beside the image (a blur kernel, its code, a noise level).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, Self

import torch
from torch import Tensor

from srkit.datasets.maker import generator_for
from srkit.datasets.pair import Pairs, Source
from srkit.datasets.patches import Patches
from srkit.degrade import parse
from srkit.degrade.chain import Chain
from srkit.errors import BadInput
from srkit.ops import pixels

__all__ = ["Chained", "Condition", "Made", "PatchMaker", "at_scale", "degraded", "fitting_chain"]

Condition = Mapping[str, Any]
"""Further keywords of a network by name; tensors in it have one row for each image."""


class PatchMaker(Protocol):
    """Makes LR and condition of an HR patch.

    Attributes:
        scale: side of HR over that of LR.
        margin: HR pixels around a patch that are degraded with it and cut off again, so that no border rule is learned.
    """

    scale: int
    margin: int

    def __call__(self, hr: Tensor, rng: torch.Generator, /) -> tuple[Tensor, Condition]:
        """Return LR ``(3, h, w)`` and condition of ``(3, scale*h + 2*margin, scale*w + 2*margin)``."""
        ...


class Made:
    """Batches of HR patches and what a maker makes of them; a function of seed and step alone, like ``Patches``.

    Each patch has a generator of its own, so that one process and several see the same.

    Args:
        patches: HR patches with the maker's margin around them; :meth:`of` cuts such.
        maker: makes LR and condition of each.
        name: of the data.

    Attributes:
        name: of the data and the maker.
        scale: of the maker.

    Raises:
        BadInput: the patches are not larger than the margin.

    Example:
        >>> batches = Made.of(samples(scale=2), Chained("blur(1) > down(2)"), patch=48, batch=8)     # doctest: +SKIP
        >>> lr, hr, condition = batches.batch(0)                                                     # doctest: +SKIP
    """

    def __init__(self, patches: Patches, maker: PatchMaker, *, name: str = "patches") -> None:
        if patches.patch <= 2 * maker.margin:
            raise BadInput(
                f"Patches of {patches.patch} hold nothing but the margin of {maker.margin} HR pixels on each side that "
                f"{maker} needs: cut larger ones, Made.of(pairs, maker, patch=…)."
            )
        self.patches, self.maker = patches, maker
        self.name, self.scale = f"{name} | {maker}", maker.scale

    @classmethod
    def of(cls, pairs: Pairs, maker: PatchMaker, *, patch: int = 96, **how: Any) -> Self:
        """Return batches cut from the HR images of pairs.

        Args:
            pairs: whose HR images the patches come from.
            maker: makes LR and condition of each patch.
            patch: side of the HR patch in pixels.
            **how: batch, seed, augment, rank, world, cache, as in :class:`~srkit.datasets.Patches`.

        Raises:
            BadInput: maker and pairs have different scales, or as ``Patches``.
        """
        if maker.scale != pairs.scale:
            raise BadInput(
                f"The maker {str(maker)!r} reduces {maker.scale} times and the pairs of {pairs.name!r} are "
                f"x{pairs.scale}: take another maker, or the pairs at scale {maker.scale}."
            )
        return cls(Patches(pairs, patch=patch + 2 * maker.margin, **how), maker, name=pairs.name)

    def __len__(self) -> int:
        """Return the number of images patches are taken from."""
        return len(self.patches)

    def batch(self, step: int, /) -> tuple[Tensor, Tensor, dict[str, Any]]:
        """Return LR ``(n, 3, h, w)``, HR ``(n, 3, scale*h, scale*w)`` and the condition, tensors ``(n, …)``."""
        hr = self.patches.batch(step)[1]  # (n, 3, scale*h + 2*margin, scale*w + 2*margin)
        first = self.patches.rank * len(hr)
        seed = self.patches.seed
        made = [self.maker(one, generator_for(seed, step, first + place)) for place, one in enumerate(hr)]
        lr = torch.stack([small for small, _ in made])  # (n, 3, h, w)
        told = {name: _together([one[name] for _, one in made]) for name in made[0][1]}
        return lr, pixels.crop_border(hr, self.maker.margin), told


class Chained:
    """The maker of a chain of degradations; it gives no condition.

    Args:
        chain: a formula such as ``"blur(0.2..2) > down(2) > noise(0..20)"``, or a chain.
        margin: HR pixels, rounded up to whole LR pixels.
    """

    def __init__(self, chain: str | Chain, *, margin: int = 8) -> None:
        self.chain = parse(chain) if isinstance(chain, str) else chain
        self.scale = int(self.chain.scale)
        self.margin = -(-margin // self.scale) * self.scale

    def __call__(self, hr: Tensor, rng: torch.Generator, /) -> tuple[Tensor, Condition]:
        """Return LR ``(3, h, w)`` on the 256 levels of a file, and no condition."""
        return pixels.crop_border(pixels.quantise(self.chain(hr, rng=rng)), self.margin // self.scale), {}

    def __str__(self) -> str:
        return str(self.chain)


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


def fitting_chain(chain: str | Chain, pairs: Pairs) -> Chain:
    """Return the chain of a formula, after making sure that it reduces by the pairs' scale."""
    made = parse(chain) if isinstance(chain, str) else chain
    if made.scale != pairs.scale:
        raise BadInput(
            f"The chain {str(made)!r} reduces {made.scale} times and the pairs of {pairs.name!r} are x{pairs.scale}: "
            f"write down({pairs.scale}), or load the data with scale={made.scale}."
        )
    return made


def at_scale(pairs: Pairs, scale: int) -> Pairs:
    """Return the same HR images as pairs of another scale, LR made by MATLAB's bicubic."""
    if scale == pairs.scale:
        return pairs
    return Pairs([Source(source.name, source.hr) for source in pairs.sources], name=pairs.name, scale=scale)


def _together(values: list[Any]) -> Any:
    """Return tensors as one with a row for each; anything else is the same for all patches of a batch."""
    return torch.stack(values) if isinstance(values[0], Tensor) else values[0]
