"""The quality of an estimated kernel, beside the score of trivial estimates.

The measure is that of J. Liang et al., "Flow-based Kernel Prior with Application to Blind Super-Resolution", CVPR 2021:
PSNR of the kernels as they are, which add up to 1, with peak 1. So its values are large and depend on the size of the
grid; compare them only with each other. A kernel is known from an image only up to a shift, so both are moved to the
middle of the grid first.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from srkit.degrade import gaussian_variances
from srkit.degrade.alignment import centre_of_mass, on_grid
from srkit.degrade.kernels import bicubic_kernel

__all__ = ["ROUND", "covariance", "kernel_psnr", "kernel_report"]

ROUND = 1.3375
"""Variance of the round Gaussian in the middle of what FKP draws, over the scale."""


def kernel_psnr(found: Tensor, truth: Tensor, *, size: int = 17) -> float:
    """Return the PSNR in dB of a kernel ``(k, k)`` on a grid of ``size`` x ``size``, both centred."""
    error = float((on_grid(found, size) - on_grid(truth, size)).square().mean())
    return math.inf if error == 0 else -10 * math.log10(error)


def kernel_report(found: Tensor, truth: Tensor, *, scale: int, size: int = 17) -> dict[str, float]:
    """Return the kernel PSNR in dB under ``"found"``, and beside it the scores of estimates that ignore the image.

    These are ``"delta"``, no blur; ``"bicubic"``, the kernel of bicubic reduction; ``"round"``, a round Gaussian in the
    middle of what FKP draws (variance 1.34 * scale); and ``"round, true width"``, which has the true variance but
    not its direction.

    Args:
        found: ``(k, k)``.
        truth: of any size.
        scale: reduction factor.
        size: side of the grid, odd.
    """
    variance = float(covariance(truth).diagonal().mean())
    answers = {
        "found": found,
        "delta": gaussian_variances(3, 1e-3),
        "bicubic": bicubic_kernel(scale),
        "round": gaussian_variances(size, ROUND * scale),
        "round, true width": gaussian_variances(size, max(variance, 1e-3)),
    }
    return {name: kernel_psnr(answer, truth, size=size) for name, answer in answers.items()}


def covariance(kernel: Tensor) -> Tensor:
    """Return the second central moments ``[[rows, mixed], [mixed, columns]]`` of a kernel, in pixels squared."""
    k = kernel.detach().double() / kernel.detach().double().sum()
    row, column = centre_of_mass(k)
    y = torch.arange(k.shape[0], dtype=k.dtype) - row
    x = torch.arange(k.shape[1], dtype=k.dtype) - column
    mixed = y @ k @ x
    return torch.stack([torch.stack([k.sum(1) @ y**2, mixed]), torch.stack([mixed, k.sum(0) @ x**2])])
