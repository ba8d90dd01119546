"""Rounding to 8 bits, cropping and padding."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from srkit.errors import BadInput
from srkit.ops._export import is_exporting
from srkit.ops.check import describe

__all__ = [
    "Border",
    "border_index",
    "crop_border",
    "crop_to",
    "from_uint8",
    "levels",
    "modcrop",
    "pad",
    "pad_to_multiple",
    "quantise",
    "to_uint8",
]

Border = Literal["replicate", "reflect", "symmetric", "circular", "zero"]
_BORDERS = ("replicate", "reflect", "symmetric", "circular", "zero")


def quantise(x: Tensor) -> Tensor:
    """Round to the 256 levels of an 8-bit file, halves upwards as MATLAB does, and clip; the result stays in [0, 1].

    Args:
        x: any shape, floating point, 1.0 is white.

    Returns:
        The same shape and type, each value k/255 with k in 0…255. NaN stays NaN.
    """
    return levels(x) / 255


def to_uint8(x: Tensor) -> Tensor:
    """Return the 8-bit version of a float image in [0, 1]: rounded, halves upwards, clipped.

    Raises:
        BadInput: ``x`` is not floating point, or holds NaN (which has no 8-bit value).
    """
    whole = levels(x)
    if bool(whole.isnan().any()):
        raise BadInput(f"NaN cannot be written in 8 bits; {describe(x)} holds {int(whole.isnan().sum())} of them.")
    return whole.to(torch.uint8)


def from_uint8(x: Tensor, *, dtype: torch.dtype = torch.float32) -> Tensor:
    """Return uint8 values as floats in [0, 1].

    Raises:
        BadInput: ``x`` is not uint8.
    """
    if x.dtype != torch.uint8:
        raise BadInput(f"from_uint8 needs a uint8 tensor and got {describe(x)}.")
    return x.to(dtype) / 255


def levels(x: Tensor) -> Tensor:
    """Return the 8-bit levels 0…255 of values in [0, 1] as whole floats: rounded, halves upwards, clipped.

    Raises:
        BadInput: ``x`` is not floating point.
    """
    if not x.is_floating_point():
        raise BadInput(f"Floats in [0, 1] are needed and {describe(x)} was given.")
    below_half = 0.5 - torch.finfo(x.dtype).eps / 4  # with 0.5 itself, the number just below 0.5 would be rounded up
    return x.clamp(0, 1).mul_(255).add_(below_half).floor_()


def crop_border(x: Tensor, n: int) -> Tensor:
    """Cut ``n`` pixels off each of the four sides of ``(…, h, w)``; a view, ``(…, h - 2n, w - 2n)``.

    Raises:
        BadInput: ``n`` is negative, or nothing would be left.
    """
    h, w = x.shape[-2:]
    if n < 0 or 2 * n >= min(h, w):
        raise BadInput(
            f"A border of {n} pixels cannot be cut from {describe(x)}: "
            f"it must be 0 or more and leave at least one pixel, so at most {(min(h, w) - 1) // 2} here."
        )
    return x[..., n : h - n, n : w - n]


def modcrop(x: Tensor, scale: int) -> Tensor:
    """Cut the bottom and the right of ``(…, h, w)`` so that both sides are multiples of ``scale``; a view.

    Raises:
        BadInput: ``scale`` is below 1, or a side is smaller than ``scale``.
    """
    h, w = x.shape[-2:]
    if scale < 1 or min(h, w) < scale:
        raise BadInput(
            f"{describe(x)} cannot be cut to a multiple of {scale}: its sides must be at least {max(scale, 1)}."
        )
    return x[..., : h - h % scale, : w - w % scale]


def pad_to_multiple(x: Tensor, n: int, *, border: Border = "reflect") -> Tensor:
    """Extend the bottom and the right of ``(…, h, w)`` to multiples of ``n``; :func:`crop_to` undoes it.

    Args:
        x: any size from 1 x 1 on; reflection goes back and forth where the image is smaller than the padding.
        n: at least 1.
        border: what lies outside, see :func:`border_index`.
    """
    if n < 1:
        raise BadInput(f"Sides can be multiples of 1, 2, 3, … and not of {n}.")
    below, right = (n * ((side + n - 1) // n) - side for side in x.shape[-2:])  # a multiple that torch.export sees
    return pad(x, (0, below, 0, right), border=border)


def crop_to(x: Tensor, h: int, w: int) -> Tensor:
    """Keep the top left ``h`` x ``w`` pixels of ``(…, H, W)``; a view.

    Raises:
        BadInput: the image is smaller than that.
    """
    if not (0 < h <= x.shape[-2] and 0 < w <= x.shape[-1]):
        raise BadInput(f"{describe(x)} has no top left part of {h} x {w} pixels.")
    return x[..., :h, :w]


def pad(x: Tensor, sides: tuple[int, int, int, int], *, border: Border = "reflect") -> Tensor:
    """Extend ``(…, h, w)`` by (top, bottom, left, right) pixels under a named border rule; differentiable.

    Unlike ``torch.nn.functional.pad`` it knows the symmetric rule, takes any number of leading axes, and lets the
    padding be wider than the image.

    Raises:
        BadInput: a negative width, or an unknown rule.
    """
    top, bottom, left, right = sides
    if any(side < 0 for side in sides):
        raise BadInput(f"Padding widths are 0 or more and {sides} was given; crop_border cuts.")
    if border == "zero":
        return torch.nn.functional.pad(x, (left, right, top, bottom))
    if is_exporting() or top or bottom:  # the program that is exported pads at any size
        x = x.index_select(-2, border_index(x.shape[-2], top, bottom, border=border).to(x.device))
    if is_exporting() or left or right:
        x = x.index_select(-1, border_index(x.shape[-1], left, right, border=border).to(x.device))
    return x


def border_index(n: int, before: int, after: int, *, border: Border = "reflect") -> Tensor:
    """Return which of ``n`` pixels stands at each place of an axis extended on both ends, ``(before + n + after,)``.

    The rules, for the pixels ``a b c d``: replicate ``a a|a b c d|d d``, reflect ``c b|a b c d|c b``, symmetric
    ``b a|a b c d|d c``, circular ``c d|a b c d|a b``. Each repeats for as long as needed.

    Raises:
        BadInput: an unknown rule (``"zero"`` has no index).
    """
    i = torch.arange(-before, n + after)
    if border == "replicate" or n == 1:
        return i.clamp(0, n - 1)
    if border not in _BORDERS or border == "zero":
        raise BadInput(f"There is no border rule {border!r}. Known: {', '.join(_BORDERS)}.")
    period = {"circular": n, "symmetric": 2 * n, "reflect": 2 * n - 2}[border]
    turned = i % torch.full((), period)  # a tensor, because ONNX knows no remainder by a size
    if border == "circular":
        return turned
    return torch.minimum(turned, (period if border == "reflect" else period - 1) - turned)
