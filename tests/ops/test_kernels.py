"""Kernels against their moments, scipy and each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from scipy import integrate, ndimage
from torch import Tensor

from srkit.errors import BadInput
from srkit.ops.kernels import box, delta, disk, gaussian, laid_round

EVERY = {
    "delta": delta(5),
    "box": box(4),
    "round": gaussian(15, sigma_x=1.6),
    "long": gaussian(21, sigma_x=4.0, sigma_y=1.2, theta=0.7),
    "disk": disk(3.3),
}


def covariance(kernel: Tensor) -> Tensor:
    r = torch.arange(len(kernel), dtype=torch.float64) - (len(kernel) - 1) / 2
    y, x = torch.meshgrid(r, r, indexing="ij")
    return torch.stack([(kernel * a * b).sum() for a in (x, y) for b in (x, y)]).reshape(2, 2)


@pytest.mark.parametrize("name", sorted(EVERY))
def test_every_kernel_is_square_not_negative_centred_and_adds_up_to_one(name: str) -> None:
    kernel = EVERY[name]
    assert kernel.shape[0] == kernel.shape[1]
    assert kernel.dtype == torch.float64
    assert bool((kernel >= 0).all())
    assert float(kernel.sum()) == pytest.approx(1, abs=1e-14)
    assert torch.allclose(kernel, kernel.flip(0, 1), atol=1e-15)


def test_the_sigmas_lie_along_the_axes_that_theta_names() -> None:
    sigma_x, sigma_y, theta = 5.0, 2.0, 0.6
    turn = torch.tensor([[math.cos(theta), -math.sin(theta)], [math.sin(theta), math.cos(theta)]], dtype=torch.float64)
    wanted = turn @ torch.diag(torch.tensor([sigma_x**2, sigma_y**2], dtype=torch.float64)) @ turn.T
    kernel = gaussian(61, sigma_x=sigma_x, sigma_y=sigma_y, theta=theta)
    assert torch.allclose(covariance(kernel), wanted, rtol=1e-3, atol=1e-2)
    flat = gaussian(41, sigma_x=5.0, sigma_y=1.0)
    assert float(flat[20].sum()) > float(flat[:, 20].sum())  # theta 0: long from left to right


def test_a_round_gaussian_is_what_scipy_makes_of_a_single_point() -> None:
    point = np.zeros((33, 33))
    point[16, 16] = 1
    theirs = ndimage.gaussian_filter(point, 2.0, truncate=8)
    assert np.allclose(gaussian(33, sigma_x=2.0).numpy(), theirs, atol=1e-9)


def test_a_very_narrow_gaussian_is_a_point_and_not_nan() -> None:
    assert torch.equal(gaussian(5, sigma_x=1e-3), delta(5))


def test_a_disk_covers_each_pixel_by_the_share_of_its_area() -> None:
    radius = 2.5

    def height(x: float) -> float:
        return math.sqrt(max(radius**2 - x * x, 0.0))

    def share(row: int, column: int) -> float:
        low, high = row - 0.5, row + 0.5
        return integrate.quad(
            lambda x: min(max(height(x) - low, 0), high - low), column - 0.5, column + 0.5, limit=200
        )[0]

    kernel = disk(radius, samples=64)
    area = math.pi * radius**2
    assert float(kernel[2 + 2, 2 + 1]) == pytest.approx(share(2, 1) / area, rel=0.02)
    assert float(kernel[2, 2]) == pytest.approx(1 / area, rel=0.01)
    assert disk(0.4).shape == (1, 1)
    assert disk(2.5).shape == (5, 5)


@pytest.mark.parametrize(
    "call",
    [
        lambda: delta(4),
        lambda: box(0),
        lambda: gaussian(5, sigma_x=0),
        lambda: gaussian(5, sigma_x=1, sigma_y=-1),
        lambda: gaussian(5, sigma_x=float("nan")),
        lambda: gaussian(0, sigma_x=1),
        lambda: disk(0),
        lambda: disk(2, size=0),
    ],
)
def test_kernels_that_cannot_be_are_refused(call: object) -> None:
    with pytest.raises(BadInput):
        call()  # type: ignore[operator]


def test_a_kernel_laid_round_the_edges_blurs_by_fourier_transform_as_scipy_does_with_wrapped_borders() -> None:
    image, kernel = torch.rand(12, 15, dtype=torch.float64), torch.rand(5, 3, dtype=torch.float64)
    blurred = torch.fft.irfft2(torch.fft.rfft2(image) * torch.fft.rfft2(laid_round(kernel, (12, 15))), s=(12, 15))
    wanted = ndimage.convolve(image.numpy(), kernel.numpy(), mode="wrap")
    np.testing.assert_allclose(blurred.numpy(), wanted, atol=1e-12)
