"""One pair of images under the protocols in use, and why the numbers differ."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import torch
from torch import Tensor

from srkit.metrics.protocol import LUMA, Protocol, luma, planes, prepare
from srkit.metrics.psnr import psnr_seen
from srkit.metrics.ssim import WINDOW, ssim_seen
from srkit.ops import color

__all__ = ["Row", "explain"]

Recipe = tuple[tuple[float, ...], float]

_FULL_RANGE = (tuple(255 * weight for weight in color.LUMA), 0.0)  # OpenCV and most metric packages
_BGR = (LUMA[0][::-1], LUMA[1])


class Row(NamedTuple):
    """One line of the table.

    Attributes:
        protocol: the protocol in words.
        psnr: decibels.
        ssim: structural similarity; NaN where fewer than 11 x 11 pixels are left.
        reason: who measures like this, and why the number differs from the first row.
    """

    protocol: str
    psnr: float
    ssim: float
    reason: str


def explain(sr: Tensor, hr: Tensor, *, scale: int) -> list[Row]:
    """Compare one pair under the common protocols; the first row is the papers' own.

    Args:
        sr: ``(3, h, w)`` in [0, 1], or one channel for images that are stored grey.
        hr: the truth, of the same shape.
        scale: the enlargement; it sets the border.

    Returns:
        The rows; those whose border leaves nothing of a small image are left out.

    Raises:
        BadInput: a batch, different shapes, NaN, or an image that is smaller than the papers' border.
    """
    papers = Protocol.papers(scale)
    prepare(sr, hr, papers)
    grey = sr.shape[-3] == 1
    rows = [_row(sr, hr, protocol, reason) for protocol, reason in _protocols(scale, grey) if _fits(hr, protocol)]
    if not grey:
        rows += [_luma_row(sr, hr, scale, *recipe) for recipe in _LUMAS]
    return rows


def _protocols(scale: int, grey: bool) -> list[tuple[Protocol, str]]:
    """Return the protocols, each with its reason; the first is the reference."""
    rows = [
        (Protocol(border=scale), _REFERENCE),
        (Protocol(border=scale, round_y=True), _ROUNDED),
        (Protocol(border=scale, quantise=False), _UNROUNDED),
        (Protocol(border=0), _NO_BORDER),
        (Protocol(border=scale + 6), "A wider border: another part of the picture is measured."),
        (Protocol(channel="rgb", border=scale), _RGB),
        (Protocol(channel="rgb", border=scale + 6), _EDSR),
    ]
    return [*rows, (Protocol(border=scale, grey_as_stored=True), _GREY)] if grey else rows


_REFERENCE = "The reference: the tables of nearly all papers, EDSR-PyTorch on benchmark sets, BasicSR."
_ROUNDED = (
    "Y is rounded once more, as MATLAB's rgb2ycbcr does with uint8 images and KAIR with uint8 arrays: "
    "a little noise is added to both images."
)
_UNROUNDED = (
    "The result is compared before it is rounded to 8 bits, so the rounding error is missing. "
    "No picture file has these values."
)
_NO_BORDER = (
    "Nothing is cut off. At the border a network sees padding and usually does worse; "
    "which way the number moves depends on what the picture shows there."
)
_RGB = (
    "All three channels count, over 0 to 255. Y runs only from 16 to 235 and averages the errors of the channels, "
    "so the PSNR of Y is higher, typically by 1.3 dB or more."
)
_EDSR = "EDSR-PyTorch on DIV2K and every set that is not a benchmark: RGB, and a border of scale + 6."
_GREY = (
    "MATLAB scripts convert only files of three channels, so a grey file is scored on 0 to 255, not on 16 to 235: "
    "20 log10(255 / 219) = 1.32 dB less. Set14 holds one such file."
)

_LUMAS = (
    (
        "Full-range luma (OpenCV)",
        _FULL_RANGE,
        "OpenCV's YCrCb and the default of many metric packages: luma over 0 to 255 instead of 16 to 235 makes every "
        "difference 255 / 219 times larger, 1.32 dB.",
    ),
    (
        "Y with red and blue swapped",
        _BGR,
        "RGB was handed to a function that expects BGR (as OpenCV reads files): red is weighted like blue.",
    ),
)


def _fits(hr: Tensor, protocol: Protocol) -> bool:
    return 2 * protocol.border < min(hr.shape[-2:])


def _row(sr: Tensor, hr: Tensor, protocol: Protocol, reason: str) -> Row:
    return _scores(str(protocol), *prepare(sr, hr, protocol)[:2], partial(planes, protocol=protocol), reason)


def _luma_row(sr: Tensor, hr: Tensor, scale: int, name: str, recipe: Recipe, reason: str) -> Row:
    a, b, protocol = prepare(sr, hr, Protocol(channel="rgb", border=scale))
    title = f"{name} of 8-bit RGB, border {scale}"
    return _scores(title, a, b, lambda x: luma(planes(x, protocol), recipe), reason)


def _scores(name: str, a: Tensor, b: Tensor, view: Callable[[Tensor], Tensor], reason: str) -> Row:
    similarity = ssim_seen(a, b, view) if min(a.shape[-2:]) >= WINDOW else torch.full((1,), torch.nan)
    return Row(name, float(psnr_seen(a, b, view)), float(similarity), reason)
