"""PSNR against scikit-image, closed forms and the authors' own images."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from skimage.color import rgb2ycbcr
from skimage.metrics import peak_signal_noise_ratio
from torch import Tensor

from srkit.errors import BadInput, DuplicateName, UnknownName
from srkit.metrics import METRICS, Protocol, psnr, register_metric, ssim
from srkit.ops.files import read, write

RNG = torch.Generator().manual_seed(8)
HR = (torch.rand(3, 40, 52, generator=RNG, dtype=torch.float64) * 255).round() / 255
SR = HR + 0.06 * torch.randn(3, 40, 52, generator=RNG, dtype=torch.float64)


def eight_bits(x: Tensor) -> np.ndarray:
    """Return (h, w, 3) uint8 by numpy alone."""
    return np.floor(np.clip(x.permute(1, 2, 0).double().numpy(), 0, 1) * 255 + 0.5).astype(np.uint8)


@pytest.mark.parametrize("border", [0, 4])
def test_rgb_and_y_agree_with_scikit_image(border: int) -> None:
    a, b = (eight_bits(x)[border : 40 - border, border : 52 - border] for x in (SR, HR))
    wanted = peak_signal_noise_ratio(b, a, data_range=255)
    assert psnr(SR, HR, protocol=Protocol(channel="rgb", border=border)) == pytest.approx(wanted, abs=1e-10)
    ya, yb = rgb2ycbcr(a)[..., 0], rgb2ycbcr(b)[..., 0]
    wanted = peak_signal_noise_ratio(yb, ya, data_range=255)
    assert psnr(SR, HR, protocol=Protocol(border=border)) == pytest.approx(wanted, abs=1e-10)
    wanted = peak_signal_noise_ratio(np.floor(yb + 0.5), np.floor(ya + 0.5), data_range=255)
    assert psnr(SR, HR, protocol=Protocol(border=border, round_y=True)) == pytest.approx(wanted, abs=1e-10)


def test_every_row_of_an_image_of_several_strips_counts() -> None:
    generator = torch.Generator().manual_seed(1)
    sr, hr = torch.rand(2, 3, 150, 52, generator=generator)
    a, b = (rgb2ycbcr(eight_bits(x))[..., 0] for x in (sr, hr))
    assert psnr(sr, hr) == pytest.approx(peak_signal_noise_ratio(b, a, data_range=255), abs=1e-10)
    for row in range(150):  # in an image that is right but for one row, that row is seen
        damaged = hr.clone()
        damaged[:, row] = 1 - damaged[:, row]
        assert psnr(damaged, hr) < 60


def test_what_is_measured_is_what_a_file_would_hold(tmp_path: Path) -> None:
    sr, hr = SR.float().clamp(0, 1), HR.float()
    write(tmp_path / "sr.png", sr)
    write(tmp_path / "hr.png", hr)
    from_files = psnr(read(tmp_path / "sr.png"), read(tmp_path / "hr.png"))
    assert psnr(sr, hr) == pytest.approx(from_files, abs=1e-12)


def test_unrounded_values_are_compared_as_they_are() -> None:
    wanted = peak_signal_noise_ratio(HR.double().numpy(), SR.double().numpy(), data_range=1.0)
    assert psnr(SR, HR, protocol=Protocol(channel="rgb", quantise=False)) == pytest.approx(wanted, abs=1e-10)


@pytest.mark.parametrize("step", [1, 7, 40])
def test_a_constant_difference_has_the_value_of_the_formula(step: int) -> None:
    hr = torch.full((3, 8, 8), 100 / 255)
    sr = torch.full((3, 8, 8), (100 + step) / 255)
    assert psnr(sr, hr, protocol=Protocol(channel="rgb")) == pytest.approx(20 * math.log10(255 / step), abs=1e-9)
    assert psnr(sr, hr) == pytest.approx(20 * math.log10(255 / (step * 219 / 255)), abs=1e-9)


def test_identical_images_give_infinity_and_nothing_is_capped() -> None:
    assert psnr(HR, HR) == math.inf
    almost = HR.clone()
    almost[0, 0, 0] += 1 / 255 if almost[0, 0, 0] < 0.5 else -1 / 255
    assert 80 < psnr(almost, HR, protocol=Protocol(channel="rgb")) < math.inf


def test_a_batch_gives_the_value_of_each_image() -> None:
    batch = torch.stack([SR, HR, SR.flip(-1)]), torch.stack([HR, HR, HR.flip(-1)])
    values = psnr(*batch)
    assert isinstance(values, Tensor)
    assert values.dtype == torch.float64
    assert values.tolist() == [psnr(SR, HR), math.inf, pytest.approx(psnr(SR, HR), abs=1e-12)]


def test_a_single_channel_is_scored_on_y_unless_it_is_to_be_scored_as_stored() -> None:
    grey, blurred = HR[:1], SR[:1]
    on_y = psnr(blurred, grey, protocol=Protocol(border=2))
    assert on_y == pytest.approx(psnr(blurred.expand(3, -1, -1), grey.expand(3, -1, -1), protocol=Protocol(border=2)))
    stored = psnr(blurred, grey, protocol=Protocol(border=2, grey_as_stored=True))
    assert on_y - stored == pytest.approx(20 * math.log10(255 / 219), abs=1e-9)
    in_colour = psnr(SR, HR, protocol=Protocol(grey_as_stored=True))
    assert in_colour == psnr(SR, HR)


@pytest.mark.parametrize("metric", [psnr, ssim])
@pytest.mark.parametrize(
    ("sr", "hr", "words"),
    [
        (torch.full((3, 16, 16), torch.nan), torch.rand(3, 16, 16), "sr .*768 of its values"),
        (torch.rand(3, 16, 16), torch.full((3, 16, 16), torch.inf), "hr .*not finite"),
        (torch.rand(3, 16, 16), torch.rand(3, 32, 32), "factor of 2"),
        (torch.rand(3, 30, 30), torch.rand(3, 31, 31), "modcrop"),
        (torch.rand(16, 16, 3), torch.rand(16, 16, 3), "come last"),
        (torch.zeros(3, 16, 16, dtype=torch.uint8), torch.rand(3, 16, 16), "from_uint8"),
        ("a.png", torch.rand(3, 16, 16), "srkit.read"),
    ],
)
def test_pairs_that_cannot_be_compared_are_refused(metric: object, sr: object, hr: object, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        metric(sr, hr)  # type: ignore[operator]


def test_a_border_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(BadInput, match="at most 7"):
        psnr(torch.rand(3, 16, 16), torch.rand(3, 16, 16), protocol=Protocol(border=8))


def test_the_images_are_left_as_they_were() -> None:
    sr, hr = SR.clone(), HR.clone()
    psnr(sr, hr)
    ssim(sr, hr)
    assert torch.equal(sr, SR)
    assert torch.equal(hr, HR)


def test_metrics_stand_on_a_shelf_where_ones_own_can_be_put() -> None:
    assert METRICS.get("PSNR").function is psnr

    @register_metric("mean_error")
    def mean_error(sr: Tensor, hr: Tensor, *, protocol: Protocol | None = None) -> float:
        return float((sr - hr).abs().mean())

    try:
        metric, image = METRICS.get("mean-error"), torch.rand(3, 4, 5)
        assert metric.function is mean_error
        assert metric(image, image / 2) == pytest.approx(float(image.mean()) / 2)
        with pytest.raises(BadInput, match="hr must be"):
            metric(image, torch.rand(4, 4, 5))
        with pytest.raises(DuplicateName):
            register_metric("mean_error")(psnr)
    finally:
        METRICS.unregister("mean_error")
    with pytest.raises(UnknownName, match="psnr"):
        METRICS.get("psnrr")


@pytest.mark.parametrize(
    ("function", "words", "said"),
    [
        (lambda sr, *, protocol=None: 0.0, {}, r"function\(sr, hr, protocol=None\).*needs_reference=False"),
        (lambda sr, hr, *, protocol=None: 0.0, {"needs_reference": False}, r"function\(sr, protocol=None\).*'hr'"),
        (lambda sr, hr: 0.0, {}, r"def mine\(sr, hr, \*, protocol=None\).*conditions="),
        (lambda sr, hr, weight: 0.0, {"conditions": "whole"}, r"function\(sr, hr\).*'weight'"),
        (0.5, {}, "got float"),
    ],
)
def test_a_metric_that_cannot_be_called_as_its_words_say_is_refused_when_it_is_registered(
    function: Any, words: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadInput, match=said):
        register_metric("mine", **words)(function)
    assert "mine" not in METRICS.names()
