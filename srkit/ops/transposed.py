"""Transposed convolution written out, and a measure of its checkerboard artefacts.

V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep learning", 2016, https://arxiv.org/abs/1603.07285
(zeros between the pixels); A. Odena, V. Dumoulin, C. Olah, "Deconvolution and Checkerboard Artifacts", Distill 2016,
https://distill.pub/2016/deconv-checkerboard (why some outputs depend on more kernel taps than others).
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from srkit.errors import BadInput
from srkit.ops.check import describe

__all__ = ["checkerboard", "insert_zeros", "overlaps", "transposed_convolution"]


def insert_zeros(image: Tensor, stride: int) -> Tensor:
    """Put ``stride - 1`` zeros between neighbouring pixels: of ``n`` become ``(n - 1)*stride + 1``, down and across.

    Raises:
        BadInput: a stride below 1, or no rows and columns.
    """
    _check_stride(stride)
    if image.ndim < 2:
        raise BadInput(f"Zeros are inserted between rows and columns (…, h, w), and {describe(image)} was given.")
    h, w = image.shape[-2:]
    wide = image.new_zeros(*image.shape[:-2], (h - 1) * stride + 1, (w - 1) * stride + 1)
    wide[..., ::stride, ::stride] = image
    return wide


def transposed_convolution(
    image: Tensor,
    kernel: Tensor,
    bias: Tensor | None = None,
    *,
    stride: int = 1,
    padding: int = 0,
    output_padding: int = 0,
) -> Tensor:
    """Insert zeros, then convolve with the flipped kernel; equal to ``torch.nn.functional.conv_transpose2d``.

    Args:
        image: ``(b, channels_in, h, w)``.
        kernel: ``(channels_in, channels_out, k, k)``, in the layout of ``torch.nn.ConvTranspose2d``. PyTorch's
            "convolution" does not flip its kernel, so the flip that a transposed one needs is written out here.
        bias: ``(channels_out,)``.
        stride: enlargement.
        padding: rows and columns taken off each side of the full result.
        output_padding: rows and columns added at the bottom and on the right.

    Returns:
        ``(b, channels_out, (h-1)*stride - 2*padding + k + output_padding, …)``.

    Raises:
        BadInput: a stride below 1, a kernel that is not square, or another number of channels.
    """
    if kernel.ndim != 4 or kernel.shape[2] != kernel.shape[3] or image.ndim != 4 or image.shape[1] != kernel.shape[0]:
        raise BadInput(
            "An image (b, c, h, w) needs a kernel (c, channels_out, k, k); given: "
            f"{describe(image)}, {describe(kernel)}."
        )
    margin = kernel.shape[-1] - 1 - padding
    wide = insert_zeros(image, stride)
    wide = F.pad(wide, (margin, margin + output_padding, margin, margin + output_padding))  # a negative margin crops
    return F.conv2d(wide, kernel.flip(-2, -1).transpose(0, 1), bias)


def overlaps(size: int, stride: int) -> tuple[int, ...]:
    """Return how many taps of a transposed convolution's kernel reach an output pixel, one number per phase and axis.

    They are equal exactly when ``stride`` divides ``size``; otherwise a flat image comes out as a checkerboard.

    Args:
        size: side of the kernel.
        stride: enlargement.

    Raises:
        BadInput: a stride below 1.

    Example:
        >>> overlaps(3, 2), overlaps(4, 2), overlaps(9, 4)
        ((2, 1), (2, 2), (3, 2, 2, 2))
    """
    _check_stride(stride)
    return tuple(len(range(phase, size, stride)) for phase in range(stride))


def checkerboard(image: Tensor, period: int) -> Tensor:
    """Measure the pattern that repeats every ``period`` pixels: the standard deviation of the phases' means.

    0 for a flat image and for pixels repeated by nearest neighbours; an added pattern of that period and standard
    deviation ``d`` on a flat image gives ``d``.

    Args:
        image: ``(…, h, w)``; rows and columns beyond a multiple of the period are left out.
        period: in pixels, the enlargement that may have caused the pattern.

    Returns:
        ``(…)``, one number per channel.

    Raises:
        BadInput: a period below 1, or an image smaller than it.
    """
    _check_stride(period)
    h, w = (side // period * period for side in image.shape[-2:])
    if h == 0 or w == 0:
        raise BadInput(f"A pattern of period {period} does not fit into {describe(image)}.")
    phases = torch.stack([image[..., i:h:period, j:w:period] for i in range(period) for j in range(period)])
    return phases.mean(dim=(-2, -1)).std(dim=0, correction=0)


def _check_stride(stride: int) -> None:
    if stride < 1:
        raise BadInput(f"A stride or period is a whole number of at least 1 pixel; {stride} was given.")
