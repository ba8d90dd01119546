"""Total variation against closed values, numpy, and what the exercise sheet says."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from srkit.errors import BadInput
from srkit.losses import TV, tv


def _noise(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_an_impulse_has_its_hand_calculated_value_in_both_normalisations() -> None:
    image = torch.zeros(1, 1, 4, 4)
    image[0, 0, 1, 1] = 1
    assert float(tv(image)) == pytest.approx((2 + math.sqrt(2)) / 9, abs=2e-6)
    assert float(tv(image, normalisation="size")) == pytest.approx((2 + math.sqrt(2)) / 16, abs=2e-6)


def test_a_ramp_has_slope_one_at_any_size_only_under_mean() -> None:
    for n in (4, 8, 64):
        ramp = torch.arange(float(n)).expand(1, 1, n, n)
        assert float(tv(ramp)) == pytest.approx(1.0, abs=1e-6)
        assert float(tv(ramp, normalisation="size")) == pytest.approx((n - 1) ** 2 / n**2, abs=1e-6)


def test_it_is_the_formula_of_the_slide_written_with_loops() -> None:
    x = _noise(2, 3, 5, 6).numpy()
    total = 0.0
    for b, c, i, j in np.ndindex(2, 3, 4, 5):
        total += math.hypot(x[b, c, i + 1, j] - x[b, c, i, j], x[b, c, i, j + 1] - x[b, c, i, j])
    image = torch.from_numpy(x)
    assert float(tv(image)) == pytest.approx(total / (2 * 3 * 4 * 5), abs=1e-9)
    assert float(tv(image, normalisation="size")) == pytest.approx(total / (2 * 3 * 5 * 6), abs=1e-9)


def test_it_is_isotropic_and_not_the_sum_of_absolute_differences() -> None:
    assert float(tv(_noise(1, 1, 400, 400))) == pytest.approx(0.5166, abs=5e-3)


def test_a_flat_image_costs_the_root_of_eps_and_has_gradient_zero() -> None:
    image = torch.full((1, 3, 8, 8), 0.3, requires_grad=True)
    loss = tv(image)
    loss.backward()
    assert float(loss.detach()) == pytest.approx(1e-6, rel=1e-3)
    assert image.grad is not None
    assert image.grad.eq(0).all()


def test_a_constant_does_not_matter_and_transposition_does_not_either() -> None:
    image = _noise(1, 3, 9, 9)
    torch.testing.assert_close(tv(image + 5), tv(image))
    torch.testing.assert_close(tv(image.mT), tv(image))
    torch.testing.assert_close(tv(255 * image), 255 * tv(image))


def test_the_gradient_is_the_derivative() -> None:
    assert torch.autograd.gradcheck(tv, (_noise(1, 2, 4, 5).requires_grad_(),))


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_has_finite_gradients_on_flat_regions(dtype: torch.dtype) -> None:
    image = torch.zeros(1, 3, 8, 8, dtype=dtype, requires_grad=True)
    tv(image).backward()
    assert image.grad is not None
    assert image.grad.isfinite().all()


def test_the_module_looks_at_sr_alone() -> None:
    sr, hr = _noise(1, 3, 8, 8), torch.zeros(1, 3, 8, 8, dtype=torch.float64)
    torch.testing.assert_close(TV(normalisation="size")(sr, hr), tv(sr, normalisation="size"))
    torch.testing.assert_close(TV()(sr), TV()(sr, hr))


def test_bad_options_and_images_without_neighbours_are_refused() -> None:
    with pytest.raises(BadInput, match="2x2"):
        tv(torch.rand(1, 3, 1, 8))
    with pytest.raises(BadInput, match="'mean' or 'size'"):
        TV(normalisation="sum")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="eps > 0"):
        TV(eps=0)
