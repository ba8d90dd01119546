"""The map of structural similarity against scikit-image, its own symmetries and finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from skimage.metrics import structural_similarity

from srkit.errors import BadInput
from srkit.ops.statistics import ssim_map

RNG = torch.Generator().manual_seed(6)
X = torch.rand(3, 24, 30, generator=RNG, dtype=torch.float64)
Y = (X + 0.1 * torch.randn(3, 24, 30, generator=RNG, dtype=torch.float64)).clamp(0, 1)


def test_every_place_of_the_map_agrees_with_scikit_image() -> None:
    for x, y, ours in zip(X.numpy(), Y.numpy(), ssim_map(X, Y), strict=True):
        _, full = structural_similarity(
            x, y, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True
        )
        assert np.allclose(ours.numpy(), full[5:-5, 5:-5], rtol=0, atol=1e-12)


def test_it_is_one_where_images_agree_and_the_same_both_ways() -> None:
    assert torch.allclose(ssim_map(X, X), torch.ones(3, 14, 20, dtype=torch.float64), atol=1e-12)
    assert torch.equal(ssim_map(X, Y), ssim_map(Y, X))
    assert bool((ssim_map(X, 1 - X).abs() <= 1).all())


def test_the_peak_only_sets_the_unit() -> None:
    assert torch.allclose(ssim_map(X * 255, Y * 255, peak=255.0), ssim_map(X, Y), rtol=0, atol=1e-12)


def test_it_can_be_a_loss() -> None:
    x = X[:, :6, :7].clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda t: ssim_map(t, Y[:, :6, :7], window=5, sigma=1.0), (x,))
    ours = X.float().clone().requires_grad_()
    (1 - ssim_map(ours, Y.float()).mean()).backward()
    assert ours.grad is not None
    assert bool(ours.grad.isfinite().all())


def test_an_image_smaller_than_the_window_is_refused() -> None:
    with pytest.raises(BadInput, match="window of 11 x 11"):
        ssim_map(X[:, :10], Y[:, :10])
