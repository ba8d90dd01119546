"""LR made by a chain: reproducible by image and by step, at the right scale, and usable in training and measuring."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import srkit
from srkit.datasets import Made, samples
from srkit.datasets.degraded import Chained, degraded
from srkit.datasets.store import fingerprint, open_store, store_path
from srkit.degrade import parse
from srkit.errors import BadInput

CHAIN = "blur(0.5..2) > down(2) > noise(0..20)"


def test_the_same_image_gets_the_same_draws_whenever_it_is_asked_for() -> None:
    pairs = degraded(samples(scale=2), CHAIN, seed=3)
    first = pairs[0].lr
    _ = pairs[len(pairs) - 1]
    assert torch.equal(pairs[0].lr, first)
    assert torch.equal(pairs[:1][0].lr, first)
    assert not torch.equal(degraded(samples(scale=2), CHAIN, seed=4)[0].lr, first)
    assert torch.equal(first * 255, (first * 255).round())
    assert CHAIN.split("(")[0] in pairs.name


def test_the_recipe_called_bicubic_gives_the_benchmarks_own_lr() -> None:
    chain = srkit.degrade.recipe("bicubic", scale=2)
    assert torch.equal(degraded(samples(scale=2), chain)[0].lr, samples(scale=2)[0].lr)


def test_batches_depend_on_seed_and_step_alone_and_processes_share_them() -> None:
    make = {"patch": 24, "batch": 4, "seed": 5, "cache": None}
    whole = Made.of(samples(scale=2), Chained(CHAIN), **make)  # type: ignore[arg-type]
    lr, hr, condition = whole.batch(7)
    assert condition == {}
    assert (lr.shape, hr.shape) == ((4, 3, 12, 12), (4, 3, 24, 24))
    again = Made.of(samples(scale=2), Chained(CHAIN), **make).batch(7)  # type: ignore[arg-type]
    assert torch.equal(lr, again[0])
    assert not torch.equal(lr, whole.batch(8)[0])
    halves = [Made.of(samples(scale=2), Chained(CHAIN), rank=r, world=2, **make).batch(7) for r in (0, 1)]  # type: ignore[arg-type]
    assert torch.equal(torch.cat([half[0] for half in halves]), lr)
    assert torch.equal(torch.cat([half[1] for half in halves]), hr)


@pytest.mark.parametrize(("scale", "margin"), [(2, 10), (3, 12), (4, 12)])
def test_a_patch_sees_what_lies_around_it_and_not_the_border_rule(scale: int, margin: int) -> None:
    """Blurred with a margin, a patch equals the same place of the image blurred as a whole."""
    pair = samples(scale=scale)[0]
    pairs = srkit.datasets.Pairs([srkit.datasets.Source("one", pair.hr)], name="one", scale=scale)
    chain = f"blur(1.5, size=9) > down({scale}, kind=direct)"
    maker = Chained(chain, margin=10)
    assert maker.margin == margin, "rounded up to whole LR pixels"
    lr, hr, _ = Made.of(pairs, maker, patch=24, batch=1, augment=False, cache=None).batch(0)
    blurred = parse(chain)(pair.hr)
    places = [
        (top, left)
        for top in range(0, pair.hr.shape[1] - 23, scale)
        for left in range(0, pair.hr.shape[2] - 23, scale)
        if torch.equal(pair.hr[:, top : top + 24, left : left + 24], hr[0])
    ]
    top, left = places[0]
    y, x, side = top // scale, left // scale, 24 // scale
    wanted = srkit.ops.quantise(blurred[:, y : y + side, x : x + side])
    assert float((lr[0] - wanted).abs().max()) * 255 < 1.01


def test_a_cache_of_one_chain_is_not_taken_for_that_of_another(tmp_path: Path) -> None:
    pairs = [degraded(samples(scale=2), chain) for chain in ("down(2)", "blur(2) > down(2)")]
    assert fingerprint(pairs[0]) != fingerprint(pairs[1])
    assert store_path(pairs[0], tmp_path) != store_path(pairs[1], tmp_path)
    stores = [open_store(one, tmp_path) for one in pairs]
    assert (stores[0].arrays(0)[0] != stores[1].arrays(0)[0]).any()


def test_a_chain_of_another_scale_is_refused_with_the_step_that_is_missing() -> None:
    with pytest.raises(BadInput, match=r"reduces 4 times .* write down\(2\)"):
        degraded(samples(scale=2), "down(4)")
    with pytest.raises(BadInput, match="write down"):
        srkit.train("espcn", samples(scale=2), steps=1, degrade="blur(1)", progress=False)


def test_training_with_degrade_makes_lr_on_the_fly_and_resumes_with_it(tmp_path: Path) -> None:
    run = srkit.train(
        "espcn", "samples", scale=2, steps=3, batch=2, patch=24, degrade=CHAIN, valid="samples", valid_every=3,
        out=tmp_path / "run", progress=False,
    )  # fmt: skip
    assert run.best is not None
    more = srkit.training.resume(tmp_path / "run", steps=5, progress=False)
    straight = srkit.train(
        "espcn", "samples", scale=2, steps=5, batch=2, patch=24, degrade=CHAIN, progress=False, keep="last"
    )
    for ours, theirs in zip(more.net.parameters(), straight.net.parameters(), strict=True):
        assert ours.shape == theirs.shape
    with pytest.raises(BadInput, match="makes its LR itself"):
        srkit.train("espcn", Made.of(samples(scale=2), Chained(CHAIN)), scale=2, steps=1, degrade=CHAIN, progress=False)
