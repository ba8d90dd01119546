"""Reducing images: papers call three different operations "down-sampling"; here each has its own name.

* ``"bicubic"``: MATLAB's antialiased bicubic ``imresize`` by 1/s (SRMD after its blur); ``"bicubic8"`` is the same on
  8-bit integers, which MATLAB rounds after each direction: the LR of every benchmark, to the last bit.
* ``"direct"``: keep every s-th pixel (ZSSR, KernelGAN, FKP, USRNet, DAN). ``first`` says which pixel of each block.
* ``"nearest"``, ``"bilinear"``, ``"cubic"``: resizing without antialiasing, as OpenCV's and PyTorch's (BSRGAN,
  Real-ESRGAN).
* ``"area"``: PyTorch's means of whole pixels (Real-ESRGAN); ``"overlap"``: OpenCV's ``INTER_AREA`` (BSRGAN), where a
  pixel counts by how much of it is covered; where the image becomes larger it is a variant of bilinear interpolation.
"""

from __future__ import annotations

from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit._options import Between
from srkit.degrade._registry import register_degradation
from srkit.errors import BadInput
from srkit.ops.check import describe
from srkit.ops.pixels import from_uint8, to_uint8
from srkit.ops.resize import imresize

__all__ = ["Kind", "Mode", "cut_to", "down", "resize", "to_size", "up"]

Mode = Literal["nearest", "bilinear", "cubic", "area", "overlap"]
Factor = Annotated[float, Between(1 / 64, 16)]
Kind = Literal["bicubic", "bicubic8", "direct", "nearest", "bilinear", "cubic", "area", "overlap"]
_MODES = {"nearest": "nearest-exact", "bilinear": "bilinear", "cubic": "bicubic", "area": "area"}


@register_degradation("down", reduces="scale")
def down(image: Tensor, scale: Annotated[int, Between(1, 64)], kind: Kind = "bicubic", first: int = 0) -> Tensor:
    """Make ``(…, h, w)`` smaller by a whole factor, ``(…, ceil(h/s), ceil(w/s))``.

    Args:
        image: floating point.
        scale: whole number, 1 or more.
        kind: which of the three meanings, see the head of this file.
        first: with ``"direct"``, the pixel of each block that is kept, 0 to scale - 1 (BD keeps number 1 of 3).

    Raises:
        BadInput: a scale that is no whole number, an unknown kind, a pixel outside the block.
    """
    if isinstance(scale, bool) or scale != int(scale) or scale < 1:
        raise BadInput(
            f"down takes a whole factor, 1 or more; {scale!r} was given. resize(1/{scale}) takes any factor."
        )
    scale = int(scale)
    if first != 0 and kind != "direct":
        raise BadInput(f"first={first} says which pixel is kept, and {kind!r} keeps none; use kind=direct.")
    if kind == "bicubic":
        return imresize(image, 1 / scale)
    if kind == "bicubic8":
        return from_uint8(imresize(to_uint8(image), 1 / scale), dtype=image.dtype)
    if kind == "direct":
        if not 0 <= first < scale:
            raise BadInput(f"first is a pixel of a block of {scale}, 0 to {scale - 1}; {first} was given.")
        return image[..., first::scale, first::scale]
    size = (-(-image.shape[-2] // scale), -(-image.shape[-1] // scale))
    return to_size(image, size, kind)


@register_degradation("up")
def up(image: Tensor, scale: Factor, mode: str = "bicubic") -> Tensor:
    """Enlarge ``(…, h, w)``: ``"bicubic"`` as MATLAB does, or one of the modes of :func:`resize`."""
    if not scale >= 1:
        raise BadInput(f"up takes a factor of 1 or more; {scale!r} was given.")
    return imresize(image, scale) if mode == "bicubic" else resize(image, scale, mode)


@register_degradation("resize")
def resize(image: Tensor, factor: Factor, mode: str = "bilinear") -> Tensor:
    """Change the size of ``(…, h, w)`` by any factor without antialiasing, as OpenCV and PyTorch do.

    Raises:
        BadInput: a factor that is not positive, or an unknown mode.
    """
    if not factor > 0:
        raise BadInput(f"resize takes a positive factor; {factor!r} was given.")
    size = (max(1, int(factor * image.shape[-2])), max(1, int(factor * image.shape[-1])))
    return to_size(image, size, mode)


def cut_to(image: Tensor, scale: float, name: str) -> tuple[Tensor, int, tuple[int, int]]:
    """Return ``(…, h, w)`` cut to multiples of a whole scale, the scale, and the size of the reduced image.

    Args:
        name: the degradation that asks, for the message.

    Raises:
        BadInput: a scale that is no whole number or an image smaller than it.
    """
    if scale != int(scale) or scale < 1 or min(image.shape[-2:]) < scale:
        raise BadInput(f"{name} takes a whole scale of 1 or more and images larger than it; {scale!r} was given.")
    whole = int(scale)
    height, width = (side // whole for side in image.shape[-2:])
    return image[..., : height * whole, : width * whole], whole, (height, width)


def to_size(image: Tensor, size: tuple[int, int], mode: str) -> Tensor:
    """Return ``(…, *size)`` by one of :data:`Mode`, without antialiasing."""
    if mode not in (*_MODES, "overlap"):
        raise BadInput(f"There is no mode {mode!r}. Known: {', '.join(_MODES)}, overlap; MATLAB's bicubic: down, up.")
    if image.ndim < 3:
        raise BadInput(f"An image has three axes or more; {describe(image)} was given.")
    if mode == "overlap":
        shrinks = size[0] <= image.shape[-2] and size[1] <= image.shape[-1]
        rows, columns = (_overlap(image.shape[axis], size[axis], shrinks).to(image) for axis in (-2, -1))
        return rows @ image @ columns.T
    batch = image if image.ndim == 4 else image.reshape(-1, *image.shape[-3:])
    options = {} if mode in ("nearest", "area") else {"align_corners": False}
    small = F.interpolate(batch, size=size, mode=_MODES[mode], **options)
    return small.reshape(*image.shape[:-2], *size)


def _overlap(inside: int, outside: int, shrinks: bool) -> Tensor:
    """Return OpenCV's ``INTER_AREA`` along one axis, ``(outside, inside)``; each row adds up to 1."""
    by, at, pixel = inside / outside, torch.arange(outside, dtype=torch.float64)[:, None], torch.arange(inside)
    if shrinks:
        covered = torch.minimum((at + 1) * by, pixel + 1) - torch.maximum(at * by, pixel)
        return covered.clamp_min(0) / covered.clamp_min(0).sum(1, keepdim=True)
    left = (at * by).floor()
    beyond = ((at + 1) - (left + 1) / by).clamp_min(0)
    share = torch.where(left < inside - 1, beyond - beyond.floor(), 0.0)
    return (1 - share) * (pixel == left) + share * (pixel == left + 1)
