"""Plug and play by what its two halves do: agree with the LR image, and believe the denoiser."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn

import srkit
from srkit.errors import BadInput
from srkit.methods import create
from srkit.methods.plug_and_play import by_level, falling_noise, shrink
from srkit.ops.resize import imresize


def _pair() -> tuple[Tensor, Tensor]:
    hr = srkit.datasets.samples(scale=2)[0].hr[:, :96, :96]
    return hr, imresize(hr, 1 / 2).clamp(0, 1)


class Subtract(nn.Module):
    """A denoiser that leaves its mark."""

    def __init__(self, amount: float, colours: int = 3) -> None:
        super().__init__()
        self.amount, self.colours = amount, colours

    def denoise(self, noisy: Tensor) -> Tensor:
        assert noisy.shape[1] == self.colours
        return noisy - self.amount


def test_the_noise_falls_from_twelve_times_the_scale_to_the_scale() -> None:
    levels = [255 * level for level in falling_noise(3, 30)]
    assert (levels[0], levels[-1]) == pytest.approx((36, 3))
    ratios = [after / before for before, after in pairwise(levels)]
    assert ratios == pytest.approx([12 ** (-1 / 29)] * 29), "MATLAB's logspace(log10(12*s), log10(s), 30)"


def test_each_noise_level_has_the_denoiser_that_the_authors_choose() -> None:
    denoise = by_level({level: Subtract(level) for level in range(2, 52, 2)})
    for sigma in (0.4, 2.0, 2.1, 17.3, 36.0, 49.9, 50.0, 70.0):
        theirs = min(25, max(math.ceil(sigma / 2), 1))  # ns in Demo_SISR_RGB.m, counted from one
        assert float(-denoise(torch.zeros(1, 3, 2, 2), sigma / 255).mean()) == 2 * theirs


def test_a_denoiser_of_one_colour_gets_the_colours_one_by_one() -> None:
    images = torch.rand(2, 3, 4, 5)
    torch.testing.assert_close(by_level({4: Subtract(0.5, colours=1)})(images, 0.01), images - 0.5)


def test_without_denoising_the_result_agrees_with_the_small_image() -> None:
    _, lr = _pair()
    result = create("plug_and_play", denoise=lambda noisy, sigma: noisy, rounds=4).restore(lr, scale=2)
    inside = (imresize(result.image, 1 / 2) - lr)[:, 4:-4, 4:-4]
    before = (imresize(imresize(lr, 2), 1 / 2) - lr)[:, 4:-4, 4:-4]
    assert inside.abs().mean() < before.abs().mean() / 20


def test_the_denoiser_has_the_last_word_in_every_round() -> None:
    hr, lr = _pair()
    seen: list[float] = []

    def oracle(noisy: Tensor, sigma: float) -> Tensor:
        seen.append(sigma)
        return hr[None]

    result = create("plug_and_play", denoise=oracle, rounds=3).restore(lr, scale=2)
    assert torch.equal(result.image, hr.clamp(0, 1))
    assert seen == falling_noise(2, 3)
    assert (result.steps, result.reason) == (3, "done: 3 rounds")


def test_even_without_training_it_beats_bicubic() -> None:
    hr, lr = _pair()
    result = create("plug_and_play").restore(lr, scale=2)
    gain = srkit.metrics.psnr(result.image, hr) - srkit.metrics.psnr(imresize(lr, 2), hr)
    assert float(gain) > 0.3


def test_shrinking_takes_noise_away_and_spares_what_is_flat() -> None:
    clean = torch.full((1, 3, 24, 40), 0.5)
    noisy = clean + 0.1 * torch.randn(clean.shape, generator=torch.Generator().manual_seed(0))
    assert (shrink(noisy, 0.1, threshold=2) - clean).std() < 0.35 * (noisy - clean).std()
    torch.testing.assert_close(shrink(clean, 0.1), clean)
    torch.testing.assert_close(shrink(noisy, 0.0), noisy)


def test_the_networks_of_a_paper_can_be_plugged_in() -> None:
    _, lr = _pair()
    networks = {level: srkit.models.create("ircnn", scale=2, tiny=True).eval() for level in (8, 24)}
    result = create("plug_and_play", denoise=by_level(networks), rounds=2).restore(lr[:, :16, :20], scale=3)
    assert result.image.shape == (3, 48, 60)


def test_a_progress_that_says_stop_ends_it_after_the_round() -> None:
    _, lr = _pair()
    result = create("plug_and_play").restore(lr, scale=2, progress=lambda done, total: done == 2)
    assert (result.steps, result.complete) == (2, False)


def test_nothing_to_do_and_nothing_to_plug_in_are_refused() -> None:
    with pytest.raises(BadInput, match="at least one round"):
        create("plug_and_play", rounds=0)
    with pytest.raises(BadInput, match="at least one network"):
        by_level({})
