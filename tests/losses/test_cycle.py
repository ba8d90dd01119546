"""Cycle consistency in the lecture's form and in those of the papers."""

from __future__ import annotations

import math
from typing import get_args

import pytest
import torch
import torch.nn.functional as F

from srkit import losses
from srkit.errors import BadInput
from srkit.losses import cycle
from srkit.losses._distance import Form

X = torch.rand(3, 3, 6, 7, generator=torch.Generator().manual_seed(0))
BACK = torch.rand(3, 3, 6, 7, generator=torch.Generator().manual_seed(1))


def test_the_lectures_form_is_the_norm_of_each_image_over_its_size() -> None:
    a, b = X.double().numpy(), BACK.double().numpy()
    expected = sum(math.sqrt(((a[i] - b[i]) ** 2).sum()) / a[i].size for i in range(3)) / 3
    assert float(cycle(BACK, X)) == pytest.approx(expected, rel=1e-6)


def test_the_papers_forms_are_torchs_l1_and_mse() -> None:
    torch.testing.assert_close(cycle(BACK, X, form="l1"), F.l1_loss(BACK, X))
    torch.testing.assert_close(cycle(BACK, X, form="mse"), F.mse_loss(BACK, X))


def test_a_perfect_return_costs_nothing_and_gives_no_nan() -> None:
    returned = X.clone().requires_grad_()
    cycle(returned, X).backward()
    assert torch.equal(returned.grad, torch.zeros_like(X))


def test_a_formula_may_ask_for_any_of_the_forms() -> None:
    for form in get_args(Form):
        found = losses.parse(f"10*Cycle(form={form})").terms(BACK, X)
        torch.testing.assert_close(found["Cycle"], 10 * cycle(BACK, X, form=form))
    with pytest.raises(BadInput, match="'mse', 'l1' or 'norm'"):
        losses.parse("Cycle(form=l4)")
