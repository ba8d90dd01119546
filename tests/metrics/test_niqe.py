"""NIQE beside BasicSR's program and on pictures whose order is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import ndimage
from scipy.special import gamma

import srkit
from srkit.datasets import samples
from srkit.degrade import parse
from srkit.errors import BadFile, BadInput
from srkit.metrics import Naturalness, niqe
from srkit.metrics.niqe import _asymmetric, _features, _normalised
from tests._shared import shared


@pytest.mark.shared
def test_the_number_is_that_of_basicsrs_program() -> None:
    """basicsr/metrics/niqe.py at 8d56e3a, on unrounded Y, with its own statistics and MATLAB's reduction."""
    natural = Naturalness.load(shared("checkpoints/niqe_pris_params.npz"))
    image = srkit.read(shared("benchmarks/Set5/butterfly.png"))
    assert niqe(image, natural) == pytest.approx(5.044627648, abs=1e-6)
    baby = srkit.read(shared("benchmarks/Set5/baby.png"))
    assert niqe(baby, natural) == pytest.approx(3.26986, abs=2e-3)  # its flat places hang on rounding errors there


@pytest.mark.shared
def test_noise_and_blur_make_a_photograph_less_natural() -> None:
    natural = Naturalness.load(shared("checkpoints/niqe_pris_params.npz"))
    image = srkit.read(shared("benchmarks/Set5/baby.png"))
    rng = torch.Generator().manual_seed(0)
    clean = niqe(image, natural)
    assert niqe(parse("noise(40) > clip")(image, rng=rng), natural) > clean + 1
    assert niqe(parse("blur(3)")(image), natural) > clean + 1


def test_the_fit_finds_the_shape_and_the_widths_of_a_lopsided_gaussian() -> None:
    rng = np.random.default_rng(0)
    values = np.abs(rng.normal(size=200_000))
    values = np.where(rng.random(200_000) < 2 / 3, 2 * values, -values)  # widths 2 and 1 need shares 2 : 1
    shape, left, right = _asymmetric(torch.from_numpy(values))
    assert shape == pytest.approx(2, abs=0.05)
    assert (left, right) == pytest.approx((2**0.5, 2 * 2**0.5), rel=0.02)  # beta is the width times the root of 2


def test_luma_is_normalised_as_scipy_does_it_with_the_papers_window() -> None:
    """Mittal et al., 2013, equations 1 to 3: a circular Gaussian of 7 x 7 pixels with sigma 7/6, and C = 1."""
    luma = 16 + 219 * torch.rand(30, 41, generator=torch.Generator().manual_seed(3), dtype=torch.float64)
    taps = np.exp(-(np.arange(-3, 4) ** 2) / (2 * (7 / 6) ** 2))
    window = np.outer(taps, taps) / taps.sum() ** 2
    mean, square = (ndimage.correlate(x, window, mode="nearest") for x in (luma.numpy(), luma.numpy() ** 2))
    deviation = np.sqrt(square - mean**2)
    normalised, found = _normalised(luma)
    np.testing.assert_allclose(found.numpy(), deviation, atol=1e-9)
    np.testing.assert_allclose(normalised.numpy(), (luma.numpy() - mean) / (deviation + 1), atol=1e-9)


def test_the_mean_of_neighbouring_products_is_among_the_features() -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(96, 97))
    for sign in (1, -1):
        block = torch.from_numpy(noise[:, 1:] + sign * 0.5 * noise[:, :-1])  # each pixel shares with the one beside it
        product = float((block * block.roll(1, 1)).mean())
        assert sign * product > 0.3
        shape, mean, left, right = _features(block)[2:6].tolist()
        assert mean == pytest.approx(product, abs=0.15)
        assert mean == pytest.approx((right - left) * gamma(2 / shape) / gamma(1 / shape), rel=1e-9)


def test_our_own_statistics_can_be_computed_kept_and_read_again(tmp_path: Path) -> None:
    photos = [pair.hr for pair in samples(scale=2)]
    generator = torch.Generator().manual_seed(0)
    noise = [torch.rand(3, 768, 768, generator=generator) for _ in range(1)]
    natural = Naturalness.of([*photos, *noise], sharpest=0.0)
    natural.save(tmp_path / "ours.npz")
    again = Naturalness.load(tmp_path / "ours.npz")
    assert torch.allclose(again.mean, natural.mean)
    assert niqe(photos[0][:, :200, :200], again) >= 0


def test_what_niqe_cannot_use_is_refused(tmp_path: Path) -> None:
    natural = Naturalness(torch.zeros(36, dtype=torch.float64), torch.eye(36, dtype=torch.float64))
    with pytest.raises(BadInput, match="96 x 96"):
        niqe(torch.rand(3, 50, 50), natural)
    with pytest.raises(BadInput, match="fewer than two"):
        niqe(torch.rand(3, 100, 100), natural)
    with pytest.raises(BadInput, match="36 sharp blocks"):
        Naturalness.of([torch.rand(3, 192, 192)])
    np.savez(tmp_path / "other.npz", a=np.zeros(3))
    np.save(tmp_path / "one.npy", np.zeros(3))
    (tmp_path / "cut.npz").write_bytes((tmp_path / "other.npz").read_bytes()[:60])
    (tmp_path / "empty.npz").touch()
    for name in ("one.npy", "cut.npz", "empty.npz"):
        with pytest.raises(BadFile, match=name):
            Naturalness.load(tmp_path / name)
    with pytest.raises(BadFile, match="mu_pris_param"):
        Naturalness.load(tmp_path / "other.npz")
