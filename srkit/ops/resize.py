"""Change the size of an image exactly as MATLAB's ``imresize`` does, and the adjoint of that.

The low-resolution images of nearly every super-resolution paper were made by MATLAB's ``imresize``; a resize that
differs in its borders, its kernel or its rounding costs between 0.01 and 2.5 dB. MATLAB has two answers, and so has
this function: a uint8 image is rounded and clipped after each of the two directions, a floating point image never.

Source: R. Keys, "Cubic Convolution Interpolation for Digital Image Processing", IEEE Trans. ASSP 29(6), 1981 (the
kernel); MATLAB's documentation of ``imresize`` (antialiasing, output size). Checked against files written by MATLAB.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from srkit.errors import BadInput
from srkit.ops._bands import apply_band, blocks, multiply
from srkit.ops._export import enlarge, is_exporting
from srkit.ops._weights import KERNELS, Axis, contributions, has_exact_sums
from srkit.ops.check import describe
from srkit.ops.device import capable

__all__ = ["imresize", "imresize_adjoint"]

Scale = float | Sequence[float]


def imresize(
    image: Tensor,
    scale: Scale | None = None,
    *,
    size: Sequence[int] | None = None,
    method: str = "bicubic",
    antialias: bool = True,
) -> Tensor:
    """Enlarge or shrink ``(…, h, w)`` like MATLAB's ``imresize``.

    Args:
        image: floating point (any range; half precision is computed in single), or uint8.
        scale: output size over input size, one number or (vertical, horizontal). The output has ``ceil(scale * side)``
            pixels per side.
        size: output (h, w), instead of ``scale``; given both, ``scale`` places the kernel and ``size`` says how many
            pixels are computed.
        method: ``"bicubic"``, ``"bilinear"``, ``"lanczos2"``, ``"lanczos3"``, ``"box"`` or ``"nearest"``.
        antialias: widen the kernel when shrinking (``"nearest"`` never does).

    Returns:
        ``(…, h', w')`` of the same type and device. Differentiable for floating point. Bicubic overshoots: the result
        of values in [0, 1] may leave [0, 1] a little.

    Raises:
        BadInput: neither scale nor size, a scale or size that is not positive, an unknown method, a type that is
            neither floating point nor uint8.

    Example:
        >>> imresize(torch.ones(3, 8, 12), 1 / 2).shape
        torch.Size([3, 4, 6])
    """
    _check(image, method)
    whole = size is None and isinstance(scale, float | int) and scale >= 1 and float(scale).is_integer()
    if whole and image.is_floating_point() and is_exporting():
        return enlarge(image, int(scale), method)  # type: ignore[arg-type]  # one number, as said above
    axes = _axes(tuple(image.shape[-2:]), scale, size, method, antialias)
    if image.dtype == torch.uint8:
        return _resize_uint8(image, axes)
    return _resize_float(image, axes, transposed=False)


def imresize_adjoint(
    image: Tensor, *, size: Sequence[int], scale: Scale | None = None, method: str = "bicubic", antialias: bool = True
) -> Tensor:
    """Apply the adjoint (the transposed matrix) of :func:`imresize`.

    If ``A`` takes an image of ``size`` to the size of ``image``, the result is the ``z`` with ``<A x, image> = <x, z>``
    for all ``x``. It is what back-propagation through ``imresize`` computes, and the exact gradient step of data terms.

    Args:
        image: ``(…, h', w')``, floating point.
        size: (h, w) of the images that the resize takes in, and of the result.
        scale: the scale the resize was called with, if it was not called with a size.
        method: as in :func:`imresize`.
        antialias: as in :func:`imresize`.

    Returns:
        ``(…, h, w)``.

    Raises:
        BadInput: as :func:`imresize`, and where ``scale`` does not lead from ``size`` to the size of ``image``.
    """
    _check(image, method)
    if not image.is_floating_point():
        raise BadInput(
            f"The adjoint needs floating point and got {describe(image)}; srkit.ops.pixels.from_uint8 converts."
        )
    given = tuple(int(n) for n in image.shape[-2:])
    axes = _axes(_pair_of_sizes(size), scale, None if scale is not None else given, method, antialias)
    if (axes[0].n_out, axes[1].n_out) != given:
        raise BadInput(
            f"imresize with scale {scale} takes {tuple(size)} to {(axes[0].n_out, axes[1].n_out)}, "
            f"but the image is {given}."
        )
    return _resize_float(image, axes, transposed=True)


def _resize_float(image: Tensor, axes: tuple[Axis, Axis], *, transposed: bool) -> Tensor:
    lead = image.shape[:-2]
    x = image.reshape(-1, *image.shape[-2:])  # (n, h, w)
    if x.dtype in (torch.float16, torch.bfloat16):
        x = x.float()
    order = _order(axes)
    for dim in reversed(order) if transposed else order:
        if not axes[dim].is_identity:
            x = apply_band(x, axes[dim], dim, transposed=transposed)
    return x.reshape(*lead, *x.shape[-2:]).to(image.dtype)


def _resize_uint8(image: Tensor, axes: tuple[Axis, Axis]) -> Tensor:
    lead = image.shape[:-2]
    x = capable(image).reshape(-1, *image.shape[-2:])  # (n, h, w)
    for dim in _order(axes):
        if not axes[dim].is_identity:
            x = _round_like_matlab(x, axes[dim], dim)
    return x.to(torch.uint8).reshape(*lead, *x.shape[-2:]).to(image.device)


def _round_like_matlab(x: Tensor, axis: Axis, dim: int) -> Tensor:
    """Resample whole numbers ``(n, h, w)`` along ``dim`` and round to 0…255, halves upwards.

    At one third, one result in 162 lies exactly between two grey levels, and which one MATLAB takes depends on the
    order of its additions. The fast product adds in its own order, so the few results that are this close to a half are
    added up once more, tap by tap. At powers of two nothing is ever rounded, and single precision does.
    """
    single = has_exact_sums(axis) and not x.is_cuda and torch.get_float32_matmul_precision() == "highest"
    x = x.to(torch.float32 if single else torch.float64)
    total = multiply(x, blocks(axis, transposed=False, dtype=x.dtype, device=str(x.device)), axis.n_out, dim)
    if single:
        return total.add_(0.5).floor_().clamp_(0, 255)
    rounded = (total + 0.5).floor_()
    doubtful = (total.sub_(rounded).abs_() > 0.5 - 1e-8).nonzero(as_tuple=True)
    rounded[doubtful] = (_sum_tap_by_tap(x, axis, dim, doubtful) + 0.5).floor_()
    return rounded.clamp_(0, 255)


def _sum_tap_by_tap(x: Tensor, axis: Axis, dim: int, where: tuple[Tensor, ...]) -> Tensor:
    """Return the results at the places ``where``, added up in MATLAB's order."""
    weights, index = (torch.from_numpy(table).to(x.device) for table in contributions(axis))
    place, outputs = list(where), where[dim]
    total = torch.zeros(len(outputs), dtype=x.dtype, device=x.device)
    for tap in range(weights.shape[1]):
        place[dim] = index[outputs, tap]
        total = total + weights[outputs, tap] * x[tuple(place)]
    return total


def _order(axes: tuple[Axis, Axis]) -> tuple[int, int]:
    """MATLAB begins with the direction whose scale is smaller, and with the vertical one if they are equal."""
    return (-1, -2) if axes[1].scale < axes[0].scale else (-2, -1)


def _axes(
    before: tuple[int, ...], scale: Scale | None, size: Sequence[int] | None, method: str, antialias: bool
) -> tuple[Axis, Axis]:
    if scale is None and size is None:
        raise BadInput("imresize needs a scale (imresize(x, 1 / 4)) or a size (imresize(x, size=(120, 80))).")
    after = None if size is None else _pair_of_sizes(size)
    if scale is None:
        assert after is not None
        scales = (after[0] / before[0], after[1] / before[1])
    else:
        scales = _pair_of_scales(scale)
    if after is None:
        after = (math.ceil(scales[0] * before[0]), math.ceil(scales[1] * before[1]))
    vertical, horizontal = (
        Axis(n_in, n_out, s, method, antialias) for n_in, n_out, s in zip(before, after, scales, strict=True)
    )
    return vertical, horizontal


def _pair_of_scales(scale: Scale) -> tuple[float, float]:
    pair = (scale, scale) if isinstance(scale, int | float) else tuple(scale)
    if len(pair) != 2 or not all(isinstance(s, int | float) and math.isfinite(s) and s > 0 for s in pair):
        raise BadInput(
            f"A scale is one positive number or two (vertical, horizontal), for example 1 / 4, and {scale!r} was given."
        )
    return float(pair[0]), float(pair[1])


def _pair_of_sizes(size: Sequence[int]) -> tuple[int, int]:
    pair = tuple(size) if isinstance(size, Sequence) else ()
    if len(pair) != 2 or not all(int(n) == n and n > 0 for n in pair):
        raise BadInput(f"A size is (h, w) in pixels, both 1 or more, and {size!r} was given.")
    return int(pair[0]), int(pair[1])


def _check(image: Tensor, method: str) -> None:
    if not isinstance(image, Tensor) or image.ndim < 2 or image.numel() == 0:
        raise BadInput(f"imresize needs a tensor (…, h, w) with at least one pixel and got {describe(image)}.")
    if not (image.is_floating_point() or image.dtype == torch.uint8):
        raise BadInput(f"imresize works on floating point and on uint8 and got {describe(image)}.")
    if method not in KERNELS:
        raise BadInput(f"There is no method {method!r}. Known: {', '.join(sorted(KERNELS))}.")
