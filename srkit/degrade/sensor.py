"""The Bayer mosaic as a degradation."""

from __future__ import annotations

from torch import Tensor

from srkit.degrade._registry import register_degradation
from srkit.ops.mosaic import mosaic

__all__ = ["bayer"]


@register_degradation("mosaic")
def bayer(image: Tensor, pattern: str = "rggb") -> Tensor:
    """Keep one colour per pixel, after Bayer's pattern, and set the others to zero.

    Args:
        image: ``(b, 3, h, w)``.
        pattern: the colours of the first 2x2 pixels: ``rggb``, ``bggr``, ``grbg`` or ``gbrg``.

    Raises:
        BadInput: another pattern.
    """
    return mosaic(image, pattern=pattern)
