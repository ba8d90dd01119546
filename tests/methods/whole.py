"""Searches and trainings on one image that are long enough to show that each of these methods works.

No part of the suite, which makes a few steps: ``.ci/run`` runs it after the suite. Three minutes of processor time.
"""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

import srkit
from srkit import methods
from srkit.degrade import align, apply_kernel, gaussian_variances, gaussian_widths
from srkit.degrade.alignment import aligned_centre, centre_of_mass
from srkit.methods import kernel_psnr, kernel_report, train_fkp
from srkit.methods.fkp import load_fkp
from srkit.methods.kernel_score import covariance
from srkit.metrics import Protocol, psnr
from tests._shared import shared
from tests.methods.test_dip import photo, rng


def db(sr: Tensor, hr: Tensor, scale: int) -> float:
    """Return the PSNR as papers count it."""
    return float(psnr(sr, hr, protocol=Protocol.papers(scale)))


def report_of_a_known_blur(name: str, **settings: Any) -> tuple[Tensor, dict[str, float]]:
    """Return the kernel found in Set14's barbara, made small by a slanted Gaussian, and its score beside others."""
    hr = srkit.read(shared("benchmarks/Set14/barbara.png"))
    truth = align(gaussian_variances(21, 1.0, 4.0, 0.6), 2)
    lr = srkit.ops.quantise(apply_kernel(hr, truth, border="symmetric")[:, ::2, ::2])
    found = torch.as_tensor(methods.create(name, **settings, then="back_projection").restore(lr, scale=2).kernel)
    return found, kernel_report(found, truth, scale=2)


@pytest.mark.shared
def test_kernelgan_finds_a_known_blur_better_than_not_looking_does() -> None:
    kernel, report = report_of_a_known_blur("kernelgan")
    assert report["found"] > report["bicubic"] + 6
    assert report["found"] > report["round, true width"]
    assert float(covariance(kernel).trace()) == pytest.approx(5.0, rel=0.4)


@pytest.mark.shared
def test_kernelgan_fkp_finds_a_known_blur_better_than_bicubic_is() -> None:
    flow = shared("checkpoints/FKP_x2.pt")
    _, report = report_of_a_known_blur("kernelgan_fkp", flow=flow, preset="lesson", steps=83)
    assert report["found"] > report["bicubic"] + 6


@pytest.mark.shared
def test_dip_fkp_approaches_a_known_kernel_which_lies_where_it_is_registered() -> None:
    hr = srkit.read(shared("benchmarks/Set5/bird.png"))[:, 96:192, 96:192]
    truth = align(gaussian_variances(11, 3.5, 1.0, 0.6), 2)
    lr = srkit.ops.quantise(apply_kernel(hr, truth, border="circular")[:, ::2, ::2])
    prior = load_fkp(shared("checkpoints/FKP_x2.pt"))
    begin = methods.create("dip_fkp", flow=prior, preset="lesson", steps=2).restore(lr, scale=2)
    end = methods.create("dip_fkp", flow=prior, preset="lesson", steps=320).restore(lr, scale=2)
    found = torch.as_tensor(end.kernel)
    assert kernel_psnr(found, truth) > kernel_psnr(torch.as_tensor(begin.kernel), truth) + 3
    assert kernel_report(found, truth, scale=2)["found"] > kernel_report(found, truth, scale=2)["bicubic"] + 6
    assert centre_of_mass(found) == pytest.approx((aligned_centre(11, 2, by="correlation"),) * 2, abs=0.15)
    assert db(end.image, hr, 2) > db(srkit.ops.imresize(lr, 2).clamp(0, 1), hr, 2)


@pytest.mark.shared
def test_the_deep_image_prior_beats_bicubic_on_the_butterfly() -> None:
    hr = srkit.read(shared("benchmarks/Set5/butterfly.png"))[:, 104:168, 104:168]
    lr = srkit.ops.quantise(srkit.ops.imresize(hr, 1 / 4))
    result = methods.create("dip", preset="lesson").restore(lr, scale=4)
    assert db(result.image, hr, 4) > db(srkit.ops.imresize(lr, 4).clamp(0, 1), hr, 4) + 3


def test_on_noise_the_image_is_best_on_the_way_and_much_worse_at_the_end() -> None:
    hr = photo(64)
    noise = torch.randn(3, 32, 32, generator=rng())
    lr = (srkit.ops.imresize(hr, 1 / 2) + 0.1 * noise).clamp(0, 1)
    result = methods.create("dip", steps=350, channels=32, depth=4, truth=hr).restore(lr, scale=2)
    curve = [value for _, value in result.history["psnr"]]
    best = curve.index(max(curve))
    assert 0 < best < len(curve) - 4
    assert max(curve) > sum(curve[-3:]) / 3 + 1


@pytest.mark.shared
def test_zssr_with_the_true_kernel_beats_back_projection_alone() -> None:
    """Set5 butterfly x2, Gaussian of width 1.5; the middle of the image, for speed."""
    hr = srkit.read(shared("benchmarks/Set5/butterfly.png"))[:, 40:200, 40:200]
    kernel = gaussian_widths(21, 1.5)
    lr = srkit.ops.quantise(apply_kernel(hr, align(kernel, 2), border="symmetric")[:, ::2, ::2])
    method = methods.create("zssr", preset="LESSON", kernel=kernel, ensemble=False, max_steps=250)
    alone = methods.create("back_projection", kernel=kernel).restore(lr, scale=2).image
    bicubic = methods.create("bicubic").restore(lr, scale=2).image
    values = [db(sr, hr, 2) for sr in (method.restore(lr, scale=2).image, alone, bicubic)]
    assert values[0] > values[2] + 3
    assert values[0] > values[1] + 0.5


def test_a_prior_trained_from_scratch_finds_kernels_likely() -> None:
    run = train_fkp(scale=2, steps=700, learning_rate=2e-3, check_every=100)
    assert run.history["nll"][-1][1] < 10
    sums = run.flow.sample(400, rng()).sum((1, 2))
    assert float(sums.mean()) == pytest.approx(1, abs=0.1)
