"""Blur: the ``k`` of ``(I_HR * k) down_s + n``, with border rule and direction named."""

from __future__ import annotations

import functools
import math
from pathlib import Path
from typing import Annotated, Literal

import torch
from torch import Tensor

from srkit._options import Between
from srkit.degrade._registry import register_degradation
from srkit.degrade.alignment import Operation, align
from srkit.degrade.kernel_files import read_kernel
from srkit.degrade.kernels import check_kernel, check_odd, gaussian_variances, gaussian_widths, motion, side_for, sinc
from srkit.degrade.pca import random_srmd_kernels
from srkit.errors import BadInput
from srkit.ops import filters
from srkit.ops.pixels import Border

__all__ = [
    "apply_kernel",
    "blur",
    "blur_file",
    "blur_motion",
    "blur_sinc",
    "blur_variances",
    "blur_widths",
    "srmd_blur",
]

Direction = Literal["correlation", "convolution"]
Width = Annotated[float, Between(0, 50)]
Variance = Annotated[float, Between(0, 2500)]
Length = Annotated[float, Between(0, 200)]
Side = Annotated[int, Between(1, 255)]


def apply_kernel(
    image: Tensor, kernel: Tensor, *, border: Border = "replicate", by: Operation = "correlation", aligned: int = 1
) -> Tensor:
    """Blur every channel of ``(…, h, w)`` with one kernel.

    Args:
        image: floating point.
        kernel: ``(k, k)``, adding up to 1.
        border: what lies outside: ``"replicate"`` (MATLAB's imfilter, SRMD, BD), ``"symmetric"`` (KernelGAN's and
            ZSSR's data, "reflect" in SciPy), ``"reflect"`` (IKC, DAN, BSRGAN, "mirror" in SciPy), ``"circular"`` (KAIR,
            FKP, every method that solves by FFT) or ``"zero"``.
        by: ``"correlation"`` lays the kernel on as it is (KernelGAN, ZSSR, FKP, every convolution layer),
            ``"convolution"`` turns it by 180 degrees first (KAIR, USRNet, the formula).
        aligned: move the kernel's weight so that keeping every ``aligned``-th pixel is registered with bicubic
            enlargement; 1 leaves it where it is.

    Returns:
        ``(…, h, w)``.

    Raises:
        BadInput: a kernel that is not square or does not add up to 1, an unknown rule.
    """
    check_kernel(kernel)
    if by not in ("correlation", "convolution"):
        raise BadInput(f"A kernel is applied by 'correlation' or by 'convolution', not by {by!r}.")
    if aligned != 1:
        kernel = align(kernel, aligned, by=by)
    slide = filters.correlate if by == "correlation" else filters.convolve
    return slide(image, kernel, border=border)


@register_degradation("blur")
def blur(
    image: Tensor, sigma: Width, size: Side | None = None, border: Border = "replicate", aligned: int = 1
) -> Tensor:
    """Blur with a round Gaussian of width ``sigma`` pixels; the kernel holds three widths where no size is given.

    Args:
        image: ``(…, h, w)``.
        sigma: width in pixels; 0 changes nothing.
        size: side of the kernel, odd.
        border: as in :func:`apply_kernel`.
        aligned: as in :func:`apply_kernel`.

    Raises:
        BadInput: a negative sigma or an even size.
    """
    if sigma == 0:
        return image
    return _gaussian(image, float(sigma), None, 0.0, size, border, aligned)


@register_degradation("blur_widths")
def blur_widths(
    image: Tensor,
    width_x: Width,
    width_y: Width,
    angle: float = 0.0,
    size: Side | None = None,
    border: Border = "replicate",
    aligned: int = 1,
) -> Tensor:
    """Blur with an anisotropic Gaussian given by its widths (standard deviations) and an angle in degrees."""
    return _gaussian(image, float(width_x), float(width_y), math.radians(angle), size, border, aligned)


@register_degradation("blur_variances")
def blur_variances(
    image: Tensor,
    variance_1: Variance,
    variance_2: Variance,
    angle: float = 0.0,
    size: Side = 15,
    border: Border = "replicate",
    aligned: int = 1,
) -> Tensor:
    """Blur with an anisotropic Gaussian given by its variances (eigenvalues; SRMD's l1, l2) and an angle in degrees."""
    check_odd(size)
    kernel = gaussian_variances(size, variance_1, variance_2, math.radians(angle))
    return apply_kernel(image, kernel, border=border, aligned=aligned)


@register_degradation("blur_motion")
def blur_motion(image: Tensor, length: Length, angle: float = 0.0, border: Border = "replicate") -> Tensor:
    """Blur as a camera does that moves ``length`` pixels along a line at ``angle`` degrees."""
    return apply_kernel(image, motion(length, angle), border=border)


@register_degradation("blur_sinc")
def blur_sinc(image: Tensor, cutoff: float, size: Side = 21, border: Border = "reflect") -> Tensor:
    """Cut off frequencies above ``cutoff`` radians per pixel, which leaves ringing beside edges (Real-ESRGAN)."""
    check_odd(size)
    return apply_kernel(image, sinc(size, cutoff), border=border)


@register_degradation("blur_file")
def blur_file(
    image: Tensor,
    path: str,
    key: str | None = None,
    index: int = 0,
    border: Border = "replicate",
    by: Direction = "correlation",
    aligned: int = 1,
) -> Tensor:
    """Blur with a kernel of a ``.mat`` file: ``blur_file("kernels_12.mat", index=8)``."""
    kernel = _stored(str(Path(path).expanduser().absolute()), key, index)
    return apply_kernel(image, kernel, border=border, by=by, aligned=aligned)


@register_degradation("srmd_blur", one_by_one=True)
def srmd_blur(
    image: Tensor, size: Side = 15, largest: Width = 10.0, border: Border = "replicate", *, rng: torch.Generator
) -> Tensor:
    """Blur with a kernel as SRMD's authors draw them for training (:func:`srkit.degrade.pca.random_srmd_kernels`)."""
    check_odd(size)
    return apply_kernel(image, random_srmd_kernels(1, rng, size=size, largest=largest)[0], border=border)


@functools.lru_cache(maxsize=64)
def _stored(path: str, key: str | None, index: int) -> Tensor:
    return read_kernel(path, key=key, index=index)


def _gaussian(
    image: Tensor, width_x: float, width_y: float | None, theta: float, size: int | None, border: Border, aligned: int
) -> Tensor:
    if size is not None:
        check_odd(size)
    if not (width_x > 0 and (width_y is None or width_y > 0)):
        raise BadInput(f"Widths are positive numbers of pixels; {width_x if width_y is None else (width_x, width_y)}.")
    side = side_for(max(width_x, width_y or 0.0)) if size is None else size
    if width_y is None and aligned == 1:
        radius = side // 2
        return filters.gaussian_blur(image, width_x, radius=radius, border=border)
    return apply_kernel(image, gaussian_widths(side, width_x, width_y, theta), border=border, aligned=aligned)
