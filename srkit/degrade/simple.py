"""Small steps: rounding to 8 bits, clipping, the Bayer mosaic, and nothing at all."""

from __future__ import annotations

from torch import Tensor

from srkit.degrade._registry import register_degradation
from srkit.errors import BadInput
from srkit.ops import pixels
from srkit.ops.mosaic import mosaic

__all__ = ["bayer", "clip", "floor_levels", "keep", "quantise"]


@register_degradation("quantise")
def quantise(image: Tensor, rule: str = "round") -> Tensor:
    """Reduce to the 256 levels of a file: ``"round"`` as MATLAB and every good program does, or ``"floor"``.

    Programs that write ``astype(uint8)`` cut the fraction off, which makes an image half a level darker; FKP's
    published test images were made so.

    Raises:
        BadInput: another rule.
    """
    if rule == "round":
        return pixels.quantise(image)
    if rule == "floor":
        return floor_levels(image)
    raise BadInput(f"quantise rounds by the rule 'round' or 'floor', not {rule!r}.")


def floor_levels(image: Tensor) -> Tensor:
    """Cut values in [0, 1] off to the 256 levels of a file; a value one ten-thousandth below a level counts as it."""
    return (image.clamp(0, 1) * 255 + 1e-4).floor() / 255


@register_degradation("clip")
def clip(image: Tensor) -> Tensor:
    """Limit values to [0, 1]."""
    return image.clamp(0, 1)


@register_degradation("keep")
def keep(image: Tensor) -> Tensor:
    """Change nothing."""
    return image


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
