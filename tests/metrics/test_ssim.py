"""SSIM against scikit-image configured as the papers' script."""

from __future__ import annotations

import importlib

import numpy as np
import pytest
import torch
from skimage.color import rgb2ycbcr
from skimage.metrics import structural_similarity

from srkit.errors import BadInput
from srkit.metrics import Protocol, ssim

RNG = torch.Generator().manual_seed(9)
HR = (torch.rand(3, 300, 45, generator=RNG, dtype=torch.float64) * 255).round() / 255
SR = HR + 0.1 * torch.randn(3, 300, 45, generator=RNG, dtype=torch.float64)
PAPER = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}


def eight_bits(x: torch.Tensor) -> np.ndarray:
    return np.floor(np.clip(x.permute(1, 2, 0).double().numpy(), 0, 1) * 255 + 0.5)


def reference(a: np.ndarray, b: np.ndarray) -> float:
    """Average scikit-image's map where the window fits (its own mean counts a border of 5 less, as ours does)."""
    _, full = structural_similarity(a, b, full=True, **PAPER)
    return float(full[5:-5, 5:-5].mean())


@pytest.mark.parametrize("border", [0, 3])
def test_y_and_rgb_agree_with_scikit_image(border: int) -> None:
    a, b = (eight_bits(x)[border : 300 - border, border : 45 - border] for x in (SR, HR))
    ya, yb = (rgb2ycbcr(x.astype(np.uint8))[..., 0] for x in (a, b))
    assert ssim(SR, HR, protocol=Protocol(border=border)) == pytest.approx(reference(ya, yb), abs=1e-10)
    assert structural_similarity(ya, yb, **PAPER) == pytest.approx(reference(ya, yb), abs=1e-12)
    wanted = np.mean([reference(a[..., c], b[..., c]) for c in range(3)])
    assert ssim(SR, HR, protocol=Protocol(channel="rgb", border=border)) == pytest.approx(wanted, abs=1e-10)


def test_strips_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = ssim(SR, HR)
    for rows in (1, 7, 1000):
        monkeypatch.setattr(importlib.import_module("srkit.metrics.ssim"), "STRIP", rows)
        assert ssim(SR, HR) == pytest.approx(whole, abs=1e-13)


def test_identical_images_give_one_and_a_negative_less_than_zero() -> None:
    assert ssim(HR, HR) == pytest.approx(1, abs=1e-12)
    assert ssim(1 - HR, HR, protocol=Protocol(channel="rgb")) < 0


def test_a_batch_gives_the_value_of_each_image() -> None:
    values = ssim(torch.stack([SR, HR]), torch.stack([HR, HR]))
    assert values.tolist() == pytest.approx([ssim(SR, HR), 1], abs=1e-12)


def test_an_image_smaller_than_the_window_is_refused_with_its_size() -> None:
    with pytest.raises(BadInput, match="10 x 39 are left"):
        ssim(SR[:, :16], HR[:, :16], protocol=Protocol(border=3))
