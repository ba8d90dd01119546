"""Which pixels an enlarged or shrunk pixel is made of, and with what weights."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from srkit.ops._bands import Entries

__all__ = ["KERNELS", "Axis", "contributions", "has_exact_sums"]

Array = NDArray[np.float64]


def _box(x: Array) -> Array:
    return np.asarray((x >= -0.5) & (x < 0.5), dtype=np.float64)


def _triangle(x: Array) -> Array:
    return np.asarray(np.maximum(1 - np.abs(x), 0), dtype=np.float64)


def _cubic(x: Array) -> Array:
    a = np.abs(x)  # Keys 1981, equation 15, with a = -1/2
    inner = 1.5 * (a * a * a) - 2.5 * (a * a) + 1
    outer = -0.5 * (a * a * a) + 2.5 * (a * a) - 4 * a + 2
    return np.asarray(inner * (a <= 1) + outer * ((a > 1) & (a <= 2)), dtype=np.float64)


def _lanczos(order: int) -> Callable[[Array], Array]:
    def kernel(x: Array) -> Array:
        eps = np.finfo(np.float64).eps
        ratio = (np.sin(np.pi * x) * np.sin(np.pi * x / order) + eps) / (np.pi**2 * x**2 / order + eps)
        return np.asarray(ratio * (np.abs(x) < order), dtype=np.float64)

    return kernel


KERNELS: dict[str, tuple[Callable[[Array], Array], float]] = {
    "nearest": (_box, 1.0),
    "box": (_box, 1.0),
    "bilinear": (_triangle, 2.0),
    "bicubic": (_cubic, 4.0),
    "lanczos2": (_lanczos(2), 4.0),
    "lanczos3": (_lanczos(3), 6.0),
}


@dataclass(frozen=True)
class Axis:
    """Resampling of one axis from ``n_in`` to ``n_out`` pixels; ``scale`` is what the kernel is placed by."""

    n_in: int
    n_out: int
    scale: float
    method: str
    antialias: bool

    @property
    def is_identity(self) -> bool:
        """True where nothing is to be done."""
        return self.n_in == self.n_out and self.scale == 1

    def entries(self) -> Entries:
        """Return row, column and value of the entries of the matrix, sorted by row."""
        weights, index = contributions(self)
        return np.repeat(np.arange(self.n_out), weights.shape[1]), index.ravel(), weights.ravel()


@lru_cache(maxsize=32)
def contributions(axis: Axis) -> tuple[Array, NDArray[np.int64]]:
    """Return the weights ``(n_out, taps)`` and the input pixels ``(n_out, taps)`` they belong to.

    The order of the operations is MATLAB's, so that sums round alike: the kernel is stretched when the image shrinks,
    rows are normalised, and outside the image its mirror image continues, edge pixel repeated.
    """
    kernel, width = KERNELS[axis.method]
    stretch = axis.scale if axis.scale < 1 and axis.antialias and axis.method != "nearest" else 1.0
    width = width / stretch
    centre = np.arange(1, axis.n_out + 1) / axis.scale + 0.5 * (1 - 1 / axis.scale)  # 1-based, as in MATLAB
    left = np.floor(centre - width / 2)
    pixel = left[:, None] + np.arange(math.ceil(width) + 2)
    weights = stretch * kernel(stretch * (centre[:, None] - pixel))
    total = np.zeros(axis.n_out)
    for column in weights.T:  # one after the other: numpy's own sum adds in pairs and rounds differently
        total += column
    weights = weights / total[:, None]
    mirror = np.concatenate([np.arange(axis.n_in), np.arange(axis.n_in)[::-1]])
    index = mirror[(pixel.astype(np.int64) - 1) % (2 * axis.n_in)]
    used = weights.any(axis=0)
    return np.ascontiguousarray(weights[:, used]), np.ascontiguousarray(index[:, used])


@lru_cache(maxsize=256)
def has_exact_sums(axis: Axis) -> bool:
    """True where the weights are multiples of 2^-14 (at 1/2, 1/4, 2, 4, 8): sums of levels then need no rounding.

    Levels have 8 bits, a sum with its overshoot 9, so 23 bits hold all of it and single precision is enough.
    """
    scaled = contributions(axis)[0] * 2**14
    return bool((scaled == np.round(scaled)).all())
