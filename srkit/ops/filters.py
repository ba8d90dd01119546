"""Two-dimensional filters with the border rule and the direction of the kernel named.

Correlation lays the kernel on the image as it is; convolution turns it by 180 degrees first. The two differ for kernels
without that symmetry, and papers mix them up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch.nn.functional as F
from torch import Tensor

from srkit.errors import BadInput
from srkit.ops._bands import Entries, apply_band
from srkit.ops.check import describe
from srkit.ops.pixels import Border, pad
from srkit.ops.windows import gaussian_window

__all__ = ["convolve", "correlate", "correlate_separable", "gaussian_blur"]


def correlate(image: Tensor, kernel: Tensor, *, border: Border = "replicate") -> Tensor:
    """Correlate every channel with one kernel; the result has the size of the image.

    Args:
        image: ``(…, h, w)``, floating point.
        kernel: ``(kh, kw)``. Its centre is at ``(kh // 2, kw // 2)``, the middle where the sides are odd.
        border: what lies outside the image: replicate, reflect, symmetric, circular or zero.

    Returns:
        ``(…, h, w)``, differentiable in both arguments.

    Raises:
        BadInput: not floating point, or a kernel that is not a matrix.
    """
    return _slide(image, kernel, border, turned=False)


def convolve(image: Tensor, kernel: Tensor, *, border: Border = "replicate") -> Tensor:
    """Convolve every channel with one kernel: :func:`correlate` with the kernel turned by 180 degrees about its centre.

    Args:
        image: as in :func:`correlate`.
        kernel: as in :func:`correlate`, centre included.
        border: as in :func:`correlate`.

    Returns:
        ``(…, h, w)``, differentiable in both arguments.

    Raises:
        BadInput: as :func:`correlate`.
    """
    return _slide(image, kernel, border, turned=True)


def _slide(image: Tensor, kernel: Tensor, border: Border, *, turned: bool) -> Tensor:
    if not image.is_floating_point() or image.ndim < 2 or kernel.ndim != 2 or kernel.numel() == 0:
        raise BadInput(f"Needed: floats (…, h, w) and a kernel (kh, kw). Given: {describe(image)}, {describe(kernel)}.")
    above, left = kernel.shape[0] // 2, kernel.shape[1] // 2
    below, right = kernel.shape[0] - 1 - above, kernel.shape[1] - 1 - left
    if turned:
        kernel, above, below, left, right = kernel.flip(-2, -1), below, above, right, left
    padded = pad(image, (above, below, left, right), border=border)
    flat = padded.reshape(-1, 1, *padded.shape[-2:])  # (n, 1, h + kh - 1, w + kw - 1)
    return F.conv2d(flat, kernel.to(image)[None, None]).reshape(image.shape)  # (…, h, w)


def gaussian_blur(image: Tensor, sigma: float, *, radius: int | None = None, border: Border = "replicate") -> Tensor:
    """Blur ``(…, h, w)`` with a round Gaussian, cut off at ``radius`` pixels (four sigma, rounded, where left out).

    Raises:
        BadInput: a sigma that is not positive.
    """
    radius = int(4 * sigma + 0.5) if radius is None and sigma > 0 and math.isfinite(sigma) else radius or 0
    window = gaussian_window(2 * radius + 1, sigma)
    return correlate_separable(pad(image, (radius,) * 4, border=border), window)


def correlate_separable(image: Tensor, window: Tensor) -> Tensor:
    """Correlate ``(…, h, w)`` with ``window`` down the columns and along the rows, where it fits entirely.

    Args:
        image: floating point.
        window: ``(n,)``; no gradient flows into it.

    Returns:
        ``(…, h - n + 1, w - n + 1)``, differentiable in ``image``.

    Raises:
        BadInput: the image is smaller than the window.
    """
    n = len(window)
    h, w = image.shape[-2:]
    if min(h, w) < n:
        raise BadInput(f"{describe(image)} is smaller than a window of {n} x {n} pixels.")
    taps = tuple(float(t) for t in window)
    x = image.reshape(-1, h, w)  # (m, h, w)
    x = apply_band(x, _Sliding(h, taps), -2)  # (m, h - n + 1, w)
    x = apply_band(x, _Sliding(w, taps), -1)  # (m, h - n + 1, w - n + 1)
    return x.reshape(*image.shape[:-2], h - n + 1, w - n + 1)


@dataclass(frozen=True)
class _Sliding:
    """The band matrix of a window that slides along an axis."""

    n_in: int
    taps: tuple[float, ...]

    @property
    def n_out(self) -> int:
        """Number of places where the window fits."""
        return self.n_in - len(self.taps) + 1

    def entries(self) -> Entries:
        """Return row, column and value of the entries, sorted by row."""
        rows = np.repeat(np.arange(self.n_out), len(self.taps))
        columns = (np.arange(self.n_out)[:, None] + np.arange(len(self.taps))).ravel()
        return rows, columns, np.tile(np.array(self.taps), self.n_out)
