"""The matrices of a resampling along one axis: a few neighbouring inputs per output, so only a band is not zero.

:func:`contributions` writes the weights down row by row, as MATLAB does. :func:`blocks` cuts the band into small dense
matrices, because a processor multiplies those many times faster than it follows indices; :func:`multiply` runs them.
The transposed blocks give the adjoint.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["KERNELS", "Axis", "Block", "blocks", "contributions", "multiply", "resample"]

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


class Block(NamedTuple):
    """A dense piece of the band: outputs ``out`` from inputs ``inp``."""

    out: slice
    inp: slice
    matrix: Tensor


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


@lru_cache(maxsize=64)
def blocks(axis: Axis, *, transposed: bool, dtype: torch.dtype, device: str) -> tuple[Block, ...]:
    """Cut the band of ``axis`` (or of its transpose) into dense matrices, ready to multiply."""
    rows, columns, values = _entries(axis, transposed)
    n = axis.n_in if transposed else axis.n_out
    step = _rows_per_block(len(rows), n, axis.scale if not transposed else 1 / axis.scale)
    pieces = []
    for start in range(0, n, step):
        stop = min(start + step, n)
        mine = slice(*np.searchsorted(rows, [start, stop]))
        if mine.start == mine.stop:  # only the transpose of a resampling that skips pixels has empty rows
            first, last = 0, 1
        else:
            first, last = int(columns[mine].min()), int(columns[mine].max()) + 1
        dense = np.zeros((stop - start, last - first))
        np.add.at(dense, (rows[mine] - start, columns[mine] - first), values[mine])
        matrix = torch.from_numpy(dense).to(device=device, dtype=dtype)
        pieces.append(Block(slice(start, stop), slice(first, last), matrix))
    return tuple(pieces)


def _entries(axis: Axis, transposed: bool) -> tuple[NDArray[np.int64], NDArray[np.int64], Array]:
    """Return row, column and value of every entry of the band, sorted by row."""
    weights, index = contributions(axis)
    rows = np.repeat(np.arange(axis.n_out), weights.shape[1])
    columns, values = index.ravel(), weights.ravel()
    if transposed:
        order = np.argsort(columns, kind="stable")
        rows, columns, values = columns[order], rows[order], values[order]
    return rows, columns, values


def _rows_per_block(entries: int, n: int, scale: float) -> int:
    """Choose how many outputs share a block, so that it is neither mostly zeros nor too small to be worth a call."""
    taps = max(entries / n, 1.0)
    return int(min(max(taps * min(scale, 4.0) * 6, 16), 128))


def multiply(x: Tensor, pieces: tuple[Block, ...], n_out: int, dim: int) -> Tensor:
    """Multiply the blocks with ``x`` (n, h, w) along ``dim``, -2 (columns) or -1 (rows)."""
    n, h, w = x.shape
    if dim == -1:
        flat, out = x.reshape(n * h, w), x.new_empty(n * h, n_out)
        for block in pieces:
            torch.mm(flat[:, block.inp], block.matrix.t(), out=out[:, block.out])
        return out.view(n, h, n_out)
    out = x.new_empty(n, n_out, w)
    for block in pieces:
        if n > 8 or x.is_cuda:
            out[:, block.out] = torch.matmul(block.matrix, x[:, block.inp])
            continue
        for i in range(n):
            torch.mm(block.matrix, x[i, block.inp], out=out[i, block.out])
    return out


class _Resample(torch.autograd.Function):
    """One resampling as a linear operator whose derivative is its adjoint, to any order."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, axis: Axis, dim: int, transposed: bool) -> Tensor:
        """Map ``(n, h, w)`` along ``dim``."""
        ctx.call = (axis, dim, transposed)
        pieces = blocks(axis, transposed=transposed, dtype=x.dtype, device=str(x.device))
        return multiply(x, pieces, axis.n_in if transposed else axis.n_out, dim)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None]:
        """Apply the adjoint to the gradient."""
        axis, dim, transposed = ctx.call
        return resample(grads[0], axis, dim, transposed=not transposed), None, None, None


def resample(x: Tensor, axis: Axis, dim: int, *, transposed: bool = False) -> Tensor:
    """Resample ``(n, h, w)`` along ``dim`` (-2 or -1), or apply the adjoint of that."""
    result: Tensor = _Resample.apply(x, axis, dim, transposed)  # type: ignore[no-untyped-call]
    return result
