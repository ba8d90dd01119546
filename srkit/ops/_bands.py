"""Linear operators along one axis whose matrix is a band: each output is a sum over a few neighbouring inputs.

Resizing and separable filters are such operators. The band is cut into small dense matrices, because a processor
multiplies those many times faster than it follows indices. The transposed blocks give the adjoint, and the adjoint is
the derivative.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

__all__ = ["Band", "Block", "Entries", "apply_band", "blocks", "multiply"]

Entries = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


class Band(Protocol):
    """A hashable description of a matrix ``(n_out, n_in)``."""

    @property
    def n_in(self) -> int:
        """Number of inputs."""

    @property
    def n_out(self) -> int:
        """Number of outputs."""

    def entries(self) -> Entries:
        """Return row, column and value of the entries, sorted by row; entries at the same place are added up."""

    def __hash__(self) -> int: ...


class Block(NamedTuple):
    """A dense piece of a band: outputs ``out`` from inputs ``inp``."""

    out: slice
    inp: slice
    matrix: Tensor


@lru_cache(maxsize=64)
def blocks(band: Band, *, transposed: bool, dtype: torch.dtype, device: str) -> tuple[Block, ...]:
    """Cut a band (or its transpose) into dense matrices, ready to multiply."""
    rows, columns, values = band.entries()
    n_in, n_out = band.n_in, band.n_out
    if transposed:
        order = np.argsort(columns, kind="stable")
        rows, columns, values = columns[order], rows[order], values[order]
        n_in, n_out = n_out, n_in
    step = _rows_per_block(taps=len(rows) / n_out, advance=n_in / n_out)
    pieces = []
    for start in range(0, n_out, step):
        stop = min(start + step, n_out)
        mine = slice(*np.searchsorted(rows, [start, stop]))
        found = columns[mine]
        first, last = (int(found.min()), int(found.max()) + 1) if len(found) else (0, 1)  # a pixel nobody looks at
        dense = np.zeros((stop - start, last - first))
        np.add.at(dense, (rows[mine] - start, found - first), values[mine])
        matrix = torch.from_numpy(dense).to(device=device, dtype=dtype)
        pieces.append(Block(slice(start, stop), slice(first, last), matrix))
    return tuple(pieces)


def _rows_per_block(*, taps: float, advance: float) -> int:
    """Choose how many outputs share a block: few enough that it is not mostly zeros, enough to be worth a call."""
    return int(min(max(3 * max(taps, 1.0) / max(advance, 0.25), 16), 128))


def multiply(x: Tensor, pieces: tuple[Block, ...], n_out: int, dim: int) -> Tensor:
    """Multiply the blocks with ``x`` (n, h, w) along ``dim``, -2 (down the columns) or -1 (along the rows)."""
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


class _Apply(torch.autograd.Function):
    """A band as a linear operator whose derivative is its adjoint, to any order."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, band: Band, dim: int, transposed: bool) -> Tensor:
        """Map ``(n, h, w)`` along ``dim``."""
        ctx.call = (band, dim, transposed)
        pieces = blocks(band, transposed=transposed, dtype=x.dtype, device=str(x.device))
        return multiply(x, pieces, band.n_in if transposed else band.n_out, dim)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None, None, None]:
        """Apply the adjoint to the gradient."""
        band, dim, transposed = ctx.call
        return apply_band(grads[0], band, dim, transposed=not transposed), None, None, None


def apply_band(x: Tensor, band: Band, dim: int, *, transposed: bool = False) -> Tensor:
    """Map ``(n, h, w)`` along ``dim`` (-2 or -1), or apply the adjoint of that; differentiable."""
    result: Tensor = _Apply.apply(x, band, dim, transposed)  # type: ignore[no-untyped-call]
    return result
