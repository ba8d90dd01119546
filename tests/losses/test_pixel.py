"""Pixel losses against torch's own and closed values."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from srkit.errors import BadInput
from srkit.losses import L1, MSE, Charbonnier, charbonnier, l1, mse, parse

SR = torch.rand(2, 3, 7, 5, generator=torch.Generator().manual_seed(0))
HR = torch.rand(2, 3, 7, 5, generator=torch.Generator().manual_seed(1))


def test_l1_and_mse_are_means_over_everything() -> None:
    a, b = SR.double().numpy(), HR.double().numpy()
    assert float(l1(SR, HR)) == pytest.approx(np.abs(a - b).mean(), rel=1e-6)
    assert float(mse(SR, HR)) == pytest.approx(((a - b) ** 2).mean(), rel=1e-6)


def test_a_batch_of_copies_has_the_loss_of_one_image() -> None:
    for loss in (l1, mse, charbonnier):
        torch.testing.assert_close(loss(SR[:1].repeat(4, 1, 1, 1), HR[:1].repeat(4, 1, 1, 1)), loss(SR[:1], HR[:1]))


@given(st.floats(-1, 1), st.floats(1e-6, 1))
def test_charbonnier_of_a_constant_error_is_its_closed_value(error: float, eps: float) -> None:
    flat = torch.zeros(1, 1, 4, 4, dtype=torch.float64)
    assert float(charbonnier(flat + error, flat, eps=eps)) == pytest.approx(math.hypot(error, eps), rel=1e-9)


def test_charbonnier_tends_to_l1_and_has_gradient_zero_at_no_error() -> None:
    torch.testing.assert_close(charbonnier(SR, HR, eps=1e-7), l1(SR, HR))
    sr = HR.clone().requires_grad_()
    charbonnier(sr, HR).backward()
    assert sr.grad is not None
    assert sr.grad.eq(0).all()


@pytest.mark.parametrize("eps", [0, -1, float("nan")])
def test_charbonnier_refuses_an_eps_that_would_give_nan_gradients(eps: float) -> None:
    with pytest.raises(BadInput, match="eps > 0"):
        charbonnier(SR, HR, eps=eps)
    with pytest.raises(BadInput, match="eps > 0"):
        Charbonnier(eps=eps)


def test_a_module_remembers_its_options() -> None:
    torch.testing.assert_close(Charbonnier(eps=0.5)(SR, HR), charbonnier(SR, HR, eps=0.5))
    torch.testing.assert_close(MSE()(SR, HR), mse(SR, HR))


@pytest.mark.parametrize("loss", [L1(on="y"), MSE(on="y"), Charbonnier(on="y")], ids=repr)
def test_on_y_an_error_of_colour_alone_costs_nothing_and_grey_is_compared_as_luma(loss: torch.nn.Module) -> None:
    hr = torch.rand(2, 3, 6, 7, dtype=torch.float64)
    red, green = 0.2990, 0.5870  # BT.601, section 2.5.1: what red and green add to brightness
    colour = torch.tensor([green, -red, 0.0], dtype=torch.float64).view(3, 1, 1) * 0.1
    assert loss(hr + colour, hr).item() == pytest.approx(loss(hr, hr).item(), abs=1e-4)
    assert l1(hr + colour, hr) > 0.02
    assert L1(on="y")(hr + 0.1, hr).item() == pytest.approx(0.1 * 219 / 255)


def test_on_is_an_option_of_the_formula_and_anything_but_rgb_and_y_is_refused() -> None:
    sr, hr = torch.rand(2, 1, 3, 6, 7)
    assert parse("2*L1(on=y)")(sr, hr) == 2 * L1(on="y")(sr, hr)
    with pytest.raises(BadInput, match="'y', their brightness alone"):
        parse("1*L1(on=luma)")


def test_the_lr_image_in_place_of_the_result_is_named_as_the_cause() -> None:
    with pytest.raises(BadInput, match="factor of 2"):
        l1(torch.rand(1, 3, 8, 8), torch.rand(1, 3, 16, 16))
