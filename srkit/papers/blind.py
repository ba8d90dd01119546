"""The batches of a blind training under their former name: :class:`srkit.datasets.BlurKernels` is what makes them."""

from __future__ import annotations

from srkit.datasets import Made, Pairs
from srkit.datasets.makers import BlurKernels

__all__ = ["RandomKernels"]


def RandomKernels(  # noqa: N802  # a class once; older copies of lesson 14 use it
    pairs: Pairs,
    *,
    size: int = 21,
    family: str = "round",
    widths: tuple[float, float] | None = None,
    noise: float = 0.0,
    patch: int = 128,
    batch: int = 12,
    seed: int = 0,
) -> Made:
    """Return batches of patches, each blurred by its own kernel; arguments as in ``BlurKernels`` and ``Patches``."""
    maker = BlurKernels(pairs.scale, size=size, family=family, widths=widths, noise=noise)
    return Made.of(pairs, maker, patch=patch, batch=batch, seed=seed)
