"""Filters against scipy.ndimage and scipy.signal."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage, signal

from srkit.errors import BadInput
from srkit.ops.filters import convolve, correlate, correlate_separable, gaussian_blur
from srkit.ops.windows import gaussian_window

RNG = torch.Generator().manual_seed(4)
IMAGE = torch.rand(2, 14, 17, generator=RNG, dtype=torch.float64)
SCIPY_RULE = {
    "replicate": "nearest",
    "reflect": "mirror",
    "symmetric": "reflect",
    "circular": "wrap",
    "zero": "constant",
}


@pytest.mark.parametrize("rule", sorted(SCIPY_RULE))
@pytest.mark.parametrize("size", [(3, 3), (5, 1), (4, 6), (1, 1), (9, 21)])
def test_correlation_and_convolution_agree_with_scipy_under_every_border_rule(rule: str, size: tuple[int, int]) -> None:
    kernel = torch.rand(size, generator=RNG, dtype=torch.float64)
    for ours, theirs in ((correlate, ndimage.correlate), (convolve, ndimage.convolve)):
        wanted = np.stack([theirs(plane, kernel.numpy(), mode=SCIPY_RULE[rule]) for plane in IMAGE.numpy()])
        assert np.allclose(ours(IMAGE, kernel, border=rule).numpy(), wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("sigma", [0.6, 1.5, 2.7])
def test_the_gaussian_blur_agrees_with_scipy(sigma: float) -> None:
    wanted = np.stack([ndimage.gaussian_filter(plane, sigma, mode="nearest") for plane in IMAGE.numpy()])
    assert np.allclose(gaussian_blur(IMAGE, sigma).numpy(), wanted, rtol=0, atol=1e-12)
    assert gaussian_blur(IMAGE, sigma, radius=1).shape == IMAGE.shape


@pytest.mark.parametrize("n", [1, 2, 5, 14])
def test_the_separable_filter_agrees_with_scipy_where_the_window_fits(n: int) -> None:
    window = torch.rand(n, generator=RNG, dtype=torch.float64)
    kernel = np.outer(window, window)
    wanted = np.stack([signal.correlate2d(plane, kernel, mode="valid") for plane in IMAGE.numpy()])
    assert np.allclose(correlate_separable(IMAGE, window).numpy(), wanted, rtol=0, atol=1e-11)


def test_gradients_flow_through_every_filter() -> None:
    x = IMAGE[:, :7, :8].clone().requires_grad_()
    kernel = torch.rand(3, 3, dtype=torch.float64, requires_grad=True)
    for filtered in (correlate, convolve):
        assert torch.autograd.gradcheck(filtered, (x, kernel))
    assert torch.autograd.gradcheck(lambda t: gaussian_blur(t, 0.8), (x,))
    assert torch.autograd.gradcheck(lambda t: correlate_separable(t, gaussian_window(5, 1.0)), (x,))


def test_filters_refuse_what_they_cannot_do() -> None:
    with pytest.raises(BadInput, match="smaller than a window"):
        correlate_separable(torch.rand(3, 4, 9), gaussian_window(5, 1.0))
    with pytest.raises(BadInput, match="kernel"):
        correlate(IMAGE, torch.rand(3))
    with pytest.raises(BadInput, match="sigma"):
        gaussian_blur(IMAGE, 0)
