"""HDR measures at closed values."""

from __future__ import annotations

import math

import pytest
import torch

from srkit.errors import BadInput
from srkit.metrics.hdr import delta_e_itp, multi_exposure_psnr, pq_psnr
from srkit.ops.hdr import from_pq

LIGHT = torch.rand(1, 3, 6, 7, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 1000


def grey(light: float) -> torch.Tensor:
    return torch.full((1, 3, 4, 4), light, dtype=torch.float64)


@pytest.mark.parametrize("code", [0.2, 0.5, 0.8])
def test_the_same_step_of_code_costs_the_same_decibels_at_every_brightness(code: float) -> None:
    truth, ours = (from_pq(torch.full((1, 3, 4, 4), c, dtype=torch.float64)) for c in (code, code + 0.01))
    assert pq_psnr(ours, truth).item() == pytest.approx(40, abs=1e-4)


@pytest.mark.parametrize("code", [0.3, 0.6])
def test_a_grey_step_of_one_720th_of_intensity_is_one_unit_of_bt2124(code: float) -> None:
    truth, ours = (from_pq(torch.full((1, 3, 4, 4), c, dtype=torch.float64)) for c in (code, code + 1 / 720))
    assert delta_e_itp(ours, truth).shape == (1, 4, 4)
    torch.testing.assert_close(delta_e_itp(ours, truth), torch.ones(1, 4, 4, dtype=torch.float64), rtol=1e-5, atol=0)


def test_a_colour_difference_weighs_tritan_half() -> None:
    """From the definition, with ICtCp computed by hand for one colour."""
    one, other = torch.tensor([100.0, 100, 100]), torch.tensor([100.0, 100, 150])

    def code(light: float) -> float:
        y = (light / 10000) ** 0.1593017578125
        return ((0.8359375 + 18.8515625 * y) / (1 + 18.6875 * y)) ** 78.84375

    def itp(r: float, g: float, b: float) -> tuple[float, float, float]:
        long, middle, short = (
            code((a * r + c * g + d * b) / 4096) for a, c, d in ((1688, 2146, 262), (683, 2951, 462), (99, 309, 3688))
        )
        ct = (6610 * long - 13613 * middle + 7003 * short) / 4096
        return (long + middle) / 2, ct / 2, (17933 * long - 17390 * middle - 543 * short) / 4096

    expected = 720 * math.dist(itp(*one.tolist()), itp(*other.tolist()))
    found = delta_e_itp(one.view(1, 3, 1, 1), other.view(1, 3, 1, 1)).item()
    assert found == pytest.approx(expected, rel=1e-5)
    assert found > 1


def test_mpsnr_of_one_exposure_is_the_psnr_of_the_rounded_photographs() -> None:
    truth, ours = grey(100 * (100 / 255) ** 2.2), grey(100 * (210 / 255) ** 2.2)
    expected = 20 * math.log10(255 / 110)
    assert multi_exposure_psnr(ours, truth, stops=(0, 0)).item() == pytest.approx(expected, abs=1e-6)


def test_mpsnr_sees_dark_and_bright_errors_that_one_exposure_does_not() -> None:
    bright = grey(900.0)
    assert multi_exposure_psnr(grey(2000.0), bright, stops=(0, 0)).item() == math.inf
    assert math.isfinite(multi_exposure_psnr(grey(2000.0), bright, stops=(-8, 2)).item())


def test_equal_images_are_infinitely_good_and_without_difference() -> None:
    assert pq_psnr(LIGHT, LIGHT).item() == math.inf
    assert multi_exposure_psnr(LIGHT, LIGHT).item() == math.inf
    assert delta_e_itp(LIGHT, LIGHT).abs().max() == 0
    with pytest.raises(BadInput, match="no exposure"):
        multi_exposure_psnr(LIGHT, LIGHT, stops=(1, 0))
    with pytest.raises(BadInput):
        pq_psnr(LIGHT, LIGHT[..., :3])
