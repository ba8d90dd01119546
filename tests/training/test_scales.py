"""Several scales in one run: random per batch, repeatable, with parts that are shared; and any real scale."""

from __future__ import annotations

from collections import Counter
from math import floor

import pytest
import torch
from torch import Tensor, nn

import srkit
from srkit import models
from srkit.datasets.degraded import at_scale
from srkit.errors import BadInput
from srkit.evaluation import evaluate_scales
from srkit.models import parameters
from srkit.ops import imresize
from srkit.training import Config, Family, make_state, run
from srkit.training.scales import AnyScale, RandomScale, keyword_of
from tests.training._toy import Batches, Toy, weights

SHARED = ("head", "body", "body_end", "tail")


def family(name: str = "mdsr_baseline", **arguments: object) -> Family:
    return Family({s: models.create(name, scale=s, **arguments) for s in (2, 3, 4)}, shared=SHARED)


def test_mdsr_as_a_family_has_the_number_of_parameters_of_its_paper() -> None:
    with torch.device("meta"):
        assert parameters(family("mdsr")) == 7_953_987
        assert parameters(family()) == 3_227_203


def test_shared_parts_are_one_and_the_same_and_the_others_are_not() -> None:
    nets = family(tiny=True)
    assert nets[2].body is nets[3].body is nets[4].body
    assert nets[2].own is not nets[3].own
    assert nets[2].upsampler is not nets[4].upsampler


def test_a_member_is_the_network_it_would_be_alone() -> None:
    nets, lr = family(tiny=True).eval(), torch.rand(1, 3, 9, 8)
    alone = models.create("mdsr_baseline", scale=3, tiny=True).eval()
    alone.load_state_dict(nets[3].state_dict())
    assert torch.equal(nets(lr, scale=3), alone(lr))
    assert nets(lr).shape == (1, 3, 36, 32), "the largest scale, unless told otherwise"


def test_a_random_scale_per_batch_is_drawn_from_seed_and_step_with_equal_chances() -> None:
    batches = RandomScale({s: Batches(scale=s, batch=1) for s in (2, 3, 4)}, seed=0, keyword="scale")
    found = [batches.scale_at(step) for step in range(3000)]
    assert all(900 < count < 1100 for count in Counter(found).values())
    assert found == [batches.scale_at(step) for step in range(3000)]
    assert found != [RandomScale(batches.by_scale, seed=1, keyword="scale").scale_at(step) for step in range(3000)]
    lr, hr, extra = batches.batch(5)
    assert hr.shape[-1] == found[5] * lr.shape[-1]
    assert extra == {"scale": found[5]}


def test_a_family_is_trained_at_all_scales_by_name_and_resumed_exactly(tmp_path) -> None:
    settings = {"steps": 6, "batch": 2, "patch": 48, "scales": (2, 3, 4), "progress": False, "save_every": 3}

    def begin() -> Family:
        torch.manual_seed(0)
        return family(tiny=True)

    whole = srkit.train(begin(), "samples", **settings, out=tmp_path / "whole")
    srkit.train(begin(), "samples", **{**settings, "steps": 3}, out=tmp_path / "parts")
    parts = srkit.training.resume(tmp_path / "parts", net=begin(), steps=6, progress=False)
    assert torch.equal(weights(whole.net), weights(parts.net))
    before = begin()
    moved = {s for s in (2, 3, 4) if not torch.equal(weights(whole.net[s].own), weights(before[s].own))}
    drawn = {
        RandomScale({2: Batches(), 3: Batches(), 4: Batches()}, seed=0, keyword="scale").scale_at(n) for n in range(6)
    }
    assert moved == drawn


def test_each_member_is_measured_in_a_table_of_its_own() -> None:
    nets = family(tiny=True)
    tables = evaluate_scales(nets, "samples", scales=(2, 3))
    assert [table.scale for table in tables] == [2, 3]
    alone = srkit.evaluate(nets[3], "samples")
    assert tables[1].mean.psnr == alone.mean.psnr
    told = evaluate_scales(Told(), "samples", scales=(2, 3), keyword="factor")
    assert [(table.network, table.scale) for table in told] == [("told", 2), ("told", 3)]


class Told(Toy):
    """Enlarges by any real factor: nearest pixels of a learned image."""

    def forward(self, lr: Tensor, *, factor: float = 2.0) -> Tensor:
        size = tuple(floor(round(factor * side, 6)) for side in lr.shape[-2:])
        features = torch.relu(self.first(lr))
        return nn.functional.interpolate(features[:, :3], size=size)


def test_any_real_scale_makes_lr_of_one_size_and_hr_of_the_floor_of_its_multiple() -> None:
    scales = tuple(round(1.1 + 0.1 * n, 1) for n in range(30))
    batches = AnyScale(Batches(side=32, scale=2), scales, seed=0, keyword="factor")
    assert len({batches.scale_at(step) for step in range(300)}) == 30
    for step in range(5):
        lr, hr, extra = batches.batch(step)
        assert lr.shape[-1] == 64 // 4
        assert hr.shape[-1] == floor(round(extra["factor"] * 16, 6))
        assert torch.equal(lr * 255, (lr * 255).round()), "LR has 256 levels, as a file has"


def test_at_a_whole_scale_lr_is_matlabs_bicubic_of_hr() -> None:
    lr, hr, _ = AnyScale(Batches(side=32, scale=2), (2.0, 4.0), seed=3, keyword="f").batch(0)
    scale = hr.shape[-1] / lr.shape[-1]
    reference = imresize((hr * 255).round().to(torch.uint8), 1 / scale).float() / 255
    assert torch.equal(lr, reference)


def test_a_network_of_any_scale_is_trained_with_the_same_loop() -> None:
    state = make_state(Told(), nn.L1Loss(), Config(steps=8, learning_rate=1e-2))
    before = weights(state.net)
    run(state, state.config, AnyScale(Batches(side=16, scale=2), (1.5, 2.0, 3.3), seed=0, keyword="factor"))
    assert state.step == 8
    assert not torch.equal(weights(state.net), before)
    done = srkit.train(Told(), srkit.datasets.samples(scale=2)[:1], steps=3, patch=32, batch=2, scales=(1.5, 2.5),
                       progress=False)  # fmt: skip
    assert done.steps == 3


def test_pairs_of_another_scale_have_the_same_hr_and_an_lr_of_that_scale() -> None:
    pairs = srkit.datasets.samples(scale=2)[:2]
    other = at_scale(pairs, 4)
    assert at_scale(pairs, 2) is pairs
    assert other.scale == 4
    assert other.names == pairs.names
    assert torch.equal(other[0].lr, srkit.datasets.samples(scale=4)[0].lr)


def test_what_cannot_be_told_a_scale_or_shared_is_said() -> None:
    assert keyword_of(Told()) == "factor"
    with pytest.raises(BadInput, match="takes no further keyword"):
        keyword_of(Toy())
    with pytest.raises(BadInput, match="two scales or more"):
        Family({2: Toy()})
    with pytest.raises(BadInput, match="the one under 3 has another"):
        Family({2: Toy(), 3: Toy()})
    with pytest.raises(BadInput, match="cannot share 'upsampler'"):
        Family({s: models.create("mdsr_baseline", scale=s, tiny=True) for s in (2, 3)}, shared=("upsampler",))
    with pytest.raises(BadInput, match="none for x5"):
        family(tiny=True)(torch.rand(1, 3, 8, 8), scale=5)
    with pytest.raises(BadInput, match="scales"):
        Config(steps=1, scales=(0.5,))
    with pytest.raises(BadInput, match="either grows or"):
        Config(steps=1, scales=(2, 3), growth="2@0")


def test_meta_sr_of_the_shelf_is_trained_at_real_scales() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = models.create("metasr", scale=2, tiny=True)
    pairs = srkit.datasets.samples(scale=2)[:1]
    scales = (1.3, 2.0, 2.7, 3.9)
    done = srkit.train(net, pairs, steps=6, patch=48, batch=1, scales=scales, progress=False)
    assert done.steps == 6
    assert done.skipped == 0
    tables = evaluate_scales(net, "samples", scales=(2, 3), keyword="free_scale")
    assert [table.scale for table in tables] == [2, 3]
