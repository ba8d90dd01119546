"""Windows against scipy.signal and the property they are made for."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import signal

from srkit.errors import BadInput
from srkit.ops.windows import blending_window, gaussian_window


@pytest.mark.parametrize(("size", "sigma"), [(1, 1.0), (11, 1.5), (8, 2.2)])
def test_the_gaussian_agrees_with_scipy(size: int, sigma: float) -> None:
    wanted = signal.windows.gaussian(size, sigma)
    assert np.allclose(gaussian_window(size, sigma).numpy(), wanted / wanted.sum(), rtol=0, atol=1e-15)


@pytest.mark.parametrize("overlap", [0, 1, 4, 7, 10])
def test_overlapping_tiles_add_up_to_one_everywhere(overlap: int) -> None:
    size, count = 20, 4
    step = size - overlap
    total = torch.zeros(step * (count - 1) + size, dtype=torch.float64)
    for i in range(count):
        total[i * step : i * step + size] += blending_window(size, overlap, first=i == 0, last=i == count - 1)
    assert torch.allclose(total, torch.ones_like(total), atol=1e-15)


def test_a_ramp_rises_and_falls() -> None:
    window = blending_window(12, 5)
    assert bool((window[:5].diff() > 0).all())
    assert torch.equal(window, window.flip(0))
    assert float(window[0]) > 0


def test_windows_that_cannot_be_are_refused() -> None:
    for call in (lambda: gaussian_window(0, 1), lambda: gaussian_window(3, 0), lambda: blending_window(8, 5)):
        with pytest.raises(BadInput):
            call()
