"""Kernels against their moments, against files of the authors, and against MATLAB's own reduction."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from scipy import integrate, special
from torch import Tensor

from srkit.degrade import kernels
from srkit.degrade.alignment import centre_of_mass
from srkit.errors import BadInput
from srkit.ops.filters import correlate
from srkit.ops.resize import imresize
from tests._shared import shared


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def covariance(kernel: Tensor) -> Tensor:
    r = torch.arange(len(kernel), dtype=torch.float64) - (len(kernel) - 1) / 2
    y, x = torch.meshgrid(r, r, indexing="ij")
    return torch.stack([(kernel * a * b).sum() for a in (x, y) for b in (x, y)]).reshape(2, 2)


def test_widths_are_the_roots_of_variances_and_their_moments_say_which_is_which() -> None:
    by_width = kernels.gaussian_widths(61, 4.0, 2.0, 0.7)
    by_variance = kernels.gaussian_variances(61, 16.0, 4.0, 0.7)
    assert torch.allclose(by_width, by_variance, atol=1e-15)
    turn = torch.tensor([[math.cos(0.7), -math.sin(0.7)], [math.sin(0.7), math.cos(0.7)]], dtype=torch.float64)
    wanted = turn @ torch.diag(torch.tensor([16.0, 4.0], dtype=torch.float64)) @ turn.T
    assert torch.allclose(covariance(by_variance), wanted, atol=1e-2)
    assert not torch.allclose(
        kernels.gaussian_variances(61, 4.0, 2.0), kernels.gaussian_widths(61, 4.0, 2.0), atol=1e-3
    )


def test_the_round_kernels_of_the_authors_test_file_are_gaussians_given_by_widths() -> None:
    import scipy.io

    cells = scipy.io.loadmat(shared("benchmarks/kernels/kernels_12.mat"))["kernels"].ravel()
    for cell, width in zip(cells[:4], (0.7, 1.2, 1.6, 2.0), strict=True):
        assert np.abs(kernels.gaussian_widths(25, width).numpy() - cell).max() < 1e-6


def test_a_bell_of_power_one_is_the_gaussian() -> None:
    assert torch.allclose(kernels.bell(21, 2.0, 1.0, 0.4, 1.0), kernels.gaussian_widths(21, 2.0, 1.0, 0.4), atol=1e-15)


def test_a_plateau_falls_to_one_half_at_its_width() -> None:
    kernel = kernels.plateau(31, 5.0, 5.0, 0.0, 2.0)
    assert float(kernel[15, 20] / kernel[15, 15]) == pytest.approx(0.5)


def test_a_sinc_passes_low_frequencies_and_stops_high_ones() -> None:
    spectrum = torch.fft.fft2(kernels.sinc(63, math.pi / 2), s=(256, 256)).abs()
    assert float(spectrum[0, 32]) == pytest.approx(1.0, abs=0.1)  # pi / 4
    assert float(spectrum[0, 96]) < 0.1  # 3 pi / 4


def test_the_sinc_at_a_distance_is_the_fourier_integral_over_the_disk() -> None:
    cutoff, r = 2.0, 3.0
    integral = integrate.quad(lambda w: w * special.j0(w * r), 0, cutoff)[0] / (2 * math.pi)
    middle = cutoff**2 / (4 * math.pi)
    kernel = kernels.sinc(15, cutoff)
    assert float(kernel[7, 10] / kernel[7, 7]) == pytest.approx(integral / middle, rel=1e-6)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_bicubic_kernel_with_one_pixel_of_each_block_is_matlabs_reduction(scale: int) -> None:
    image = torch.rand(3, 12 * scale, 14 * scale, dtype=torch.float64, generator=rng())
    kernel = kernels.bicubic_kernel(scale)
    blurred = correlate(image, kernel, border="symmetric")
    ours = blurred[..., scale // 2 :: scale, scale // 2 :: scale]
    assert torch.allclose(ours[..., 2:-2, 2:-2], imresize(image, 1 / scale)[..., 2:-2, 2:-2], atol=1e-12)


@pytest.mark.parametrize(("length", "angle"), [(9.0, 0.0), (12.0, 90.0), (10.0, 30.0)])
def test_a_motion_has_the_variance_of_a_line_along_its_angle(length: float, angle: float) -> None:
    kernel = kernels.motion(length, angle)
    turn = math.radians(angle)
    along = torch.tensor([math.cos(turn), -math.sin(turn)], dtype=torch.float64)  # rows count downwards
    assert float(along @ covariance(kernel) @ along) == pytest.approx(length**2 / 12, rel=0.05)
    assert centre_of_mass(kernel) == pytest.approx(((len(kernel) - 1) / 2,) * 2, abs=1e-6)


def test_a_shaking_hand_is_reproducible_and_every_one_is_a_kernel() -> None:
    for seed in range(20):
        kernel = kernels.motion_path(rng(seed))
        kernels.check_kernel(kernel, odd=True)
        assert bool((kernel >= 0).all())
        assert torch.equal(kernel, kernels.motion_path(rng(seed)))
    assert not torch.equal(kernels.motion_path(rng(1)), kernels.motion_path(rng(2)))


def test_the_eight_gaussians_are_spaced_evenly_over_the_published_widths() -> None:
    widths = [float(covariance(kernel)[0, 0].sqrt()) for kernel in kernels.gaussian8(4, size=41)]
    assert widths == pytest.approx(np.linspace(1.8, 3.2, 8).tolist(), rel=1e-3)
    assert len(kernels.gaussian8(2)) == 8


@pytest.mark.parametrize(
    ("call", "hint"),
    [
        (lambda: kernels.check_kernel(torch.full((3, 3), 0.2)), "Divide it by its sum"),
        (lambda: kernels.check_kernel(torch.full((4, 4), 1 / 16), odd=True), "odd side"),
        (lambda: kernels.check_kernel(torch.ones(3) / 3), "square matrix"),
        (lambda: kernels.check_kernel(torch.full((3, 3), float("nan"))), "NaN"),
        (lambda: kernels.gaussian_variances(5, -1.0), "positive"),
        (lambda: kernels.motion(0.0, 0.0), "positive length"),
        (lambda: kernels.motion_path(rng(), size=24), "odd"),
        (lambda: kernels.sinc(9, 4.0), "pi"),
        (lambda: kernels.bell(9, 0.0, 1.0, 0.0, 1.0), "positive widths"),
        (lambda: kernels.bicubic_kernel(1), "whole scales"),
        (lambda: kernels.gaussian8(5), "x2, x3 and x4"),
    ],
)
def test_kernels_that_cannot_be_are_refused_with_a_hint(call: Callable[[], object], hint: str) -> None:
    with pytest.raises(BadInput, match=hint):
        call()
