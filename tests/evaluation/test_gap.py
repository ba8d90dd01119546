"""The gap between two kinds of images, beside NumPy and closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from srkit.errors import BadInput
from srkit.evaluation.gap import grain, radial_spectrum, spectrum_gap


def test_the_spectrum_is_that_of_numpys_transform_of_tiles_under_a_hann_window() -> None:
    image = torch.rand(3, 48, 64, generator=torch.Generator().manual_seed(2)).cumsum(2) / 64
    window = np.outer(np.hanning(32), np.hanning(32))
    powers = []
    for plane in image.double().numpy():
        for top in (0, 16):
            for left in (0, 16, 32):
                tile = plane[top : top + 32, left : left + 32]
                powers.append(np.abs(np.fft.fft2((tile - tile.mean()) * window)) ** 2)
    power, frequency = np.mean(powers, 0), np.fft.fftfreq(32)
    radius = np.hypot(*np.meshgrid(frequency, frequency))
    rings = [power[(radius >= k / 16) & (radius < (k + 1) / 16)].mean() for k in range(8)]
    np.testing.assert_allclose(radial_spectrum(image).numpy(), 10 * np.log10(rings), atol=1e-3)


def test_the_spectrum_of_a_wave_lies_in_its_ring_and_that_of_noise_in_all() -> None:
    wave = (0.5 + 0.4 * torch.sin(2 * torch.pi * 0.22 * torch.arange(128.0))).expand(3, 128, 128)
    assert int(radial_spectrum(wave).argmax()) == 3, "0.22 cycles a pixel are in the fourth ring of 0.0625"
    noise = radial_spectrum(torch.randn(3, 256, 256, generator=torch.Generator().manual_seed(0)))
    assert float(noise.max() - noise.min()) < 1.0, "white"
    halved = radial_spectrum(wave) - radial_spectrum(wave / 2)
    assert float(halved[3]) == pytest.approx(20 * math.log10(2), abs=0.01)
    with pytest.raises(BadInput, match="no tile of 32x32"):
        radial_spectrum(torch.rand(3, 20, 64))


def test_grain_is_the_strength_of_white_noise_and_hardly_sees_an_edge() -> None:
    noise = torch.randn(3, 128, 128, generator=torch.Generator().manual_seed(0))
    edge = (torch.arange(128) > 60).float().expand(3, 128, 128) / 2
    assert grain(0.25 + edge + noise * 8 / 255) == pytest.approx(8, rel=0.03)
    assert spectrum_gap([edge], [edge]) == 0
