"""The discrete cosine transform of images, orthonormal, of type II.

N. Ahmed, T. Natarajan, K. R. Rao, "Discrete Cosine Transform", IEEE Trans. Computers C-23(1), 1974. The first
coefficient of an n x n block is its mean times n.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from srkit.errors import BadInput
from srkit.ops.check import describe

__all__ = ["block_dct", "block_idct", "dct2", "dct_matrix", "idct2"]


def dct_matrix(n: int, *, dtype: torch.dtype = torch.float32, device: torch.device | str | None = None) -> Tensor:
    """Return the orthonormal matrix ``(n, n)`` whose row k is a cosine of k half waves.

    Raises:
        BadInput: ``n`` below 1.
    """
    if n < 1:
        raise BadInput(f"A cosine transform has at least one coefficient; n = {n} was given.")
    waves = torch.arange(n, dtype=torch.float64, device="cpu")[:, None]
    places = waves.T + 0.5
    matrix = torch.cos(waves * places * (math.pi / n)) * math.sqrt(2 / n)
    matrix[0] *= math.sqrt(0.5)
    return matrix.to(device, dtype)


def dct2(image: Tensor) -> Tensor:
    """Transform the last two axes of floats ``(…, h, w)``; the first coefficient is the mean times ``sqrt(h*w)``.

    Raises:
        BadInput: no floats, or fewer than two axes.
    """
    vertical, horizontal = _matrices(image)
    return vertical @ image @ horizontal.mT  # (…, h, w)


def idct2(coefficients: Tensor) -> Tensor:
    """Undo :func:`dct2`.

    Raises:
        BadInput: no floats, or fewer than two axes.
    """
    vertical, horizontal = _matrices(coefficients)
    return vertical.mT @ coefficients @ horizontal  # (…, h, w)


def block_dct(image: Tensor, *, size: int = 8) -> Tensor:
    """Transform every block, as JPEG does.

    Args:
        image: floats ``(…, h, w)``, sides multiples of ``size``.
        size: side of a block.

    Returns:
        ``(…, h/size, w/size, size, size)``: row and column of the block, then vertical and horizontal frequency.

    Raises:
        BadInput: other sides, no floats, or fewer than two axes.
    """
    if image.ndim < 2 or image.shape[-2] % size or image.shape[-1] % size:
        raise BadInput(
            f"Blocks of {size}x{size} need floats (…, h, w) with sides that are multiples of {size}; given: "
            f"{describe(image)}. srkit.ops.pad_to_multiple(image, {size}) makes them so."
        )
    *batch, h, w = image.shape
    blocks = image.reshape(*batch, h // size, size, w // size, size).transpose(-3, -2)  # (…, rows, columns, n, n)
    return dct2(blocks)


def block_idct(coefficients: Tensor) -> Tensor:
    """Undo :func:`block_dct`: ``(…, rows, columns, n, n)`` to ``(…, rows*n, columns*n)``.

    Raises:
        BadInput: fewer than four axes, or no floats.
    """
    if coefficients.ndim < 4:
        raise BadInput(f"Needed: blocks (…, rows, columns, n, n). Given: {describe(coefficients)}.")
    return idct2(coefficients).transpose(-3, -2).flatten(-2, -1).flatten(-3, -2)


def _matrices(image: Tensor) -> tuple[Tensor, Tensor]:
    if image.ndim < 2 or not image.is_floating_point():
        raise BadInput(f"The cosine transform reads floats (…, h, w) and was given {describe(image)}.")
    vertical, horizontal = (dct_matrix(n, dtype=image.dtype, device=image.device) for n in image.shape[-2:])
    return vertical, horizontal
