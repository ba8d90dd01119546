"""NIQE beside BasicSR's program and on pictures whose order is known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import srkit
from srkit.datasets import samples
from srkit.degrade import parse
from srkit.errors import BadFile, BadInput
from srkit.metrics import Naturalness, niqe
from srkit.metrics.niqe import _asymmetric
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
    with pytest.raises(BadFile, match="mu_pris_param"):
        Naturalness.load(tmp_path / "other.npz")
