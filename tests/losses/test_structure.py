"""The SSIM loss against scikit-image."""

from __future__ import annotations

import pytest
import torch
from skimage.metrics import structural_similarity

from srkit.errors import BadInput
from srkit.losses import SSIM, ssim

SR = torch.rand(1, 3, 24, 31, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
HR = (SR + 0.1 * torch.rand(1, 3, 24, 31, generator=torch.Generator().manual_seed(1), dtype=torch.float64)).clamp(0, 1)


@pytest.mark.parametrize(("window", "sigma"), [(11, 1.5), (7, 0.8)])
def test_it_is_one_minus_the_similarity_that_scikit_image_computes(window: int, sigma: float) -> None:
    _, similarity = structural_similarity(
        SR[0].numpy(),
        HR[0].numpy(),
        channel_axis=0,
        data_range=1.0,
        gaussian_weights=True,
        sigma=sigma,  # which decides their window, too
        use_sample_covariance=False,
        full=True,
    )
    inside = slice(window // 2, -(window // 2))
    ours = float(ssim(SR, HR, window=window, sigma=sigma))
    assert ours == pytest.approx(1 - similarity[:, inside, inside].mean(), abs=1e-9)


def test_equal_images_cost_nothing_and_the_gradient_is_the_derivative() -> None:
    assert float(ssim(SR, SR)) == pytest.approx(0, abs=1e-12)
    small = SR[..., :6, :7].clone().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: ssim(x, HR[..., :6, :7], window=5), (small,))


def test_a_worse_image_costs_more() -> None:
    assert ssim(SR, HR) < ssim(SR, 1 - HR)
    torch.testing.assert_close(SSIM(window=3)(SR, HR), ssim(SR, HR, window=3))


def test_half_precision_is_computed_in_single() -> None:
    half = SSIM()(SR.bfloat16(), HR.bfloat16())
    assert half.dtype == torch.float32
    assert float(half) == pytest.approx(float(ssim(SR.bfloat16().double(), HR.bfloat16().double())), abs=1e-4)


@pytest.mark.parametrize("window", [4, 1, -3, 2.5])
def test_a_window_without_a_centre_is_refused(window: int) -> None:
    with pytest.raises(BadInput, match="odd window"):
        SSIM(window=window)


def test_an_image_smaller_than_the_window_is_refused() -> None:
    with pytest.raises(BadInput, match="11"):
        ssim(SR[..., :9], HR[..., :9])
