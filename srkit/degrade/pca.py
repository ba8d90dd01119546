"""SRMD's codes: a kernel as fifteen numbers, which are given to the network as constant maps.

K. Zhang, W. Zuo, L. Zhang, "Learning a Single Convolutional Super-Resolution Network for Multiple Degradations", CVPR
2018, section 3.2 ("dimensionality stretching"). The kernel is read column by column, as MATLAB stores a matrix; the
basis holds the eigenvectors of the *uncentred* second moments of many kernels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache

import torch
from torch import Tensor

from srkit.degrade import draw
from srkit.degrade.kernels import gaussian_variances
from srkit.errors import BadInput
from srkit.ops.check import describe
from srkit.ops.device import exact

__all__ = ["column_major", "pca_basis", "random_srmd_kernels", "srmd_basis", "srmd_code", "srmd_maps"]


def column_major(kernel: Tensor) -> Tensor:
    """Return the values of ``(…, k, k)`` column by column, ``(…, k*k)``, as MATLAB's ``kernel(:)``."""
    return kernel.transpose(-1, -2).flatten(-2)


def pca_basis(kernels: Tensor, *, components: int = 15) -> Tensor:
    """Return the basis ``(components, k*k)`` in which many kernels are best described; its rows are orthonormal.

    An eigenvector may as well point the other way; here each points to the side of ``cos 0, cos 1, cos 2, …``, so that
    every machine gives the same codes.

    Args:
        kernels: ``(n, k, k)``.
        components: how many rows.

    Raises:
        BadInput: not a stack of kernels, or fewer kernels than components.
    """
    if kernels.ndim != 3 or len(kernels) < components or components < 1:
        raise BadInput(f"A basis of {components} rows needs as many kernels (n, k, k); {describe(kernels)} was given.")
    vectors = column_major(exact(kernels))  # (n, k*k)
    found: Tensor = torch.linalg.eigh(vectors.T @ vectors)[1]
    basis = found.flip(1)[:, :components].T  # (components, k*k), the largest first
    side = basis @ torch.arange(basis.shape[1], dtype=basis.dtype, device=basis.device).cos()
    return torch.where(side < 0, -1.0, 1.0)[:, None] * basis


def srmd_basis(*, components: int = 15, size: int = 15) -> Tensor:
    """Return the basis ``(components, size*size)`` of srkit's own SRMD weights, made anew from a fixed seed.

    Weights of the authors belong to the authors' basis, ``kernels/srmd_pca_matlab.mat`` in cszn/KAIR.

    Args:
        components: how many rows.
        size: side of the kernels, odd.
    """
    return _srmd_basis(components, size).clone()


@lru_cache(maxsize=8)
def _srmd_basis(components: int, size: int) -> Tensor:
    rng = torch.Generator().manual_seed(0)
    return pca_basis(random_srmd_kernels(2000, rng, size=size), components=components)


def srmd_code(kernel: Tensor, basis: Tensor) -> Tensor:
    """Return the code ``(…, components)`` of kernels ``(…, k, k)``.

    Raises:
        BadInput: kernel and basis are of different sizes.
    """
    if kernel.shape[-1] * kernel.shape[-2] != basis.shape[-1]:
        side = math.isqrt(basis.shape[-1])
        raise BadInput(f"This basis is for kernels of {side} x {side}; {describe(kernel)} was given.")
    code: Tensor = column_major(kernel).to(basis) @ basis.T
    return code


def srmd_maps(code: Tensor, size: Sequence[int], *, sigma: Tensor | float | None = None) -> Tensor:
    """Return constant maps ``(b, components [+ 1], h, w)``: the code, and the noise level over 255 if one is given.

    Args:
        code: ``(b, components)`` or ``(components,)``.
        size: (h, w) of the LR image.
        sigma: noise level on the scale 0…255, one number or ``(b,)``; None leaves the map out (SRMDNF).
    """
    numbers = code if code.ndim == 2 else code[None]
    if sigma is not None:
        level = torch.as_tensor(sigma, dtype=numbers.dtype, device=numbers.device).reshape(-1, 1) / 255
        numbers = torch.cat([numbers, level.expand(len(numbers), 1)], dim=1)
    return numbers[:, :, None, None].expand(-1, -1, int(size[0]), int(size[1]))


def random_srmd_kernels(count: int, rng: torch.Generator, *, size: int = 15, largest: float = 10.0) -> Tensor:
    """Return kernels ``(count, size, size)`` as SRMD's authors draw them.

    They are anisotropic Gaussians with eigenvalues ``l1`` from U(0.1, largest) and ``l2`` from U(0.1, l1), turned by
    U(0, pi).
    """
    kernels = []
    for _ in range(count):
        first = draw.uniform(rng, 0.1, largest)
        second = draw.uniform(rng, 0.1, first)
        kernels.append(gaussian_variances(size, first, second, draw.uniform(rng, 0, math.pi)))
    return torch.stack(kernels)
