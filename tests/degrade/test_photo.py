"""The mixture for photographs, beside the models it draws from."""

import importlib

import pytest
import torch
from torch import Tensor

import srkit
from srkit.degrade import bsrgan as rich_model
from srkit.degrade import draw, parse
from srkit.errors import BadInput


def rng(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def picture() -> Tensor:
    return srkit.datasets.samples(scale=2)[0].hr[:, :96, :96]


def test_a_clean_photograph_is_the_bicubic_reduction_and_nothing_else() -> None:
    made = parse("photo(4, clean=1, rich=0)")(picture(), rng=rng(0))
    assert torch.equal(made, srkit.ops.imresize(picture(), 1 / 4).clamp(0, 1))


def test_a_rich_one_is_bsrgans_with_the_same_draws() -> None:
    ours, theirs = rng(5), rng(5)
    draw.uniform(theirs, 0, 1)  # which of the three it is
    made = parse("photo(2, clean=0, rich=1)")(picture(), rng=ours)
    assert torch.equal(made, rich_model(picture()[None], 2, rng=theirs)[0])


def test_the_three_kinds_come_with_their_probabilities(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    module = importlib.import_module("srkit.degrade.photo")
    monkeypatch.setattr(module, "bsrgan", lambda x, scale, rng: seen.append("rich") or x)
    monkeypatch.setattr(module, "_mild", lambda x, scale, target, rng: seen.append("mild") or x)
    image, generator = picture()[None, :, :8, :8], rng(0)
    for _ in range(2000):
        srkit.degrade.photo(image, 2, rng=generator)
    shares = [seen.count("rich") / 2000, seen.count("mild") / 2000, 1 - len(seen) / 2000]
    assert shares == pytest.approx([0.3, 0.55, 0.15], abs=0.04)  # four standard deviations of 2,000 draws


def test_mild_ones_are_nearer_to_the_bicubic_reduction_than_rich_ones() -> None:
    clean = srkit.ops.imresize(picture(), 1 / 4).clamp(0, 1)

    def distance(rich: int) -> float:
        chain = parse(f"photo(4, clean=0, rich={rich})")
        made = [chain(picture(), rng=rng(seed)) for seed in range(40)]
        assert all(one.shape == clean.shape and one.min() >= 0 and one.max() <= 1 for one in made)
        return sum(srkit.metrics.psnr(one, clean) for one in made) / len(made)

    assert distance(0) > distance(1) + 3


def test_impossible_shares_and_scales_are_refused() -> None:
    for formula in ("photo(2, clean=0.8, rich=0.4)", "photo(2, clean=-0.1)", "photo(1.5)", "photo(0)"):
        with pytest.raises(BadInput, match=r"probabilit|whole scale|whole number"):
            parse(formula)
