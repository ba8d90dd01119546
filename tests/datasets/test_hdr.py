"""Synthetic HDR scenes: wide, bright, repeatable, and what SDR loses of them."""

from __future__ import annotations

import pytest
import torch

from srkit.datasets import HDRScenes
from srkit.errors import BadInput
from srkit.ops.hdr import from_pq, sdr_from_hdr, to_pq
from srkit.ops.resize import imresize

SCENES = HDRScenes(scale=2, patch=64, batch=4)


def test_batches_have_their_sizes_and_repeat_by_seed_and_step() -> None:
    lr, hr = SCENES.batch(3)
    assert lr.shape == (4, 3, 32, 32)
    assert hr.shape == (4, 3, 64, 64)
    again = HDRScenes(scale=2, patch=64, batch=4).batch(3)
    assert torch.equal(lr, again[0])
    assert torch.equal(hr, again[1])
    assert not torch.equal(hr, HDRScenes(scale=2, patch=64, batch=4, seed=1).batch(3)[1])


def test_scenes_hold_light_that_sdr_cannot_show() -> None:
    light = torch.stack([SCENES.light(number) for number in range(16)])
    assert light.max() > 1000
    assert light.min() < 20
    assert (light.amax((1, 2, 3)) > 100).float().mean() > 0.8
    sdr = torch.stack([sdr_from_hdr(one) for one in light])
    assert 0.001 < sdr.eq(1).float().mean() < 0.9


def test_hr_is_the_pq_code_of_the_light_and_lr_without_scale_its_sdr() -> None:
    scenes = HDRScenes(scale=1, patch=32, batch=2)
    lr, hr = scenes.batch(0)
    light = torch.stack([scenes.light(0), scenes.light(1)])
    torch.testing.assert_close(hr, to_pq(light))
    assert torch.equal(lr, sdr_from_hdr(light))
    torch.testing.assert_close(from_pq(hr.double()), light.double(), rtol=1e-3, atol=1e-2)


def test_lr_is_reduced_in_pq_codes_where_a_step_looks_the_same_everywhere() -> None:
    lr, hr = SCENES.batch(0)
    assert torch.equal(lr, sdr_from_hdr(from_pq(imresize(hr, 1 / 2).clamp(0, 1))))


def test_pairs_to_evaluate_on_are_no_scenes_of_a_batch_and_keep_more_than_8_bits() -> None:
    pairs = SCENES.pairs(2)
    assert (len(pairs), pairs.scale) == (2, 2)
    assert pairs[0].hr.shape == (3, 64, 64)
    levels = pairs[0].hr * 255
    assert (levels - levels.round()).abs().max() > 0.1
    with pytest.raises(BadInput, match="multiple of scale=3"):
        HDRScenes(scale=3, patch=64)
