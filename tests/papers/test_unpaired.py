"""Unpaired training: the networks' counts, every loss term by hand, one call from folders, resuming, and its effect."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import srkit
from srkit.discriminators import create
from srkit.discriminators.texture import HighPassed
from srkit.errors import BadInput
from srkit.layers.translator import Translator
from srkit.ops.resize import imresize
from srkit.papers import (
    CinCGAN,
    Translation,
    fssr_recipe,
    low_to_high_recipe,
    made_pairs,
    train_cincgan,
    train_dsgan,
    train_high_to_low,
)
from srkit.papers.cincgan import phase, squared_variation
from srkit.papers.translators import Degrader, HighToLow
from srkit.papers.unpaired import InPredictions, UnpairedPatches
from srkit.training import AdversarialTerm, Config, make_state, one_step, train
from srkit.training.adversarial import add_discriminators
from srkit.training.loop import whole_step

SMALL = {"channels": 4, "n_blocks": 1}
QUICK: dict[str, Any] = {"batch": 2, "progress": False}
CINCGAN = {**SMALL, "discriminator_channels": 4, "discriminator_depth": 1}


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """Return a folder of small noisy images and one of large ones that show something else."""
    rng = torch.Generator().manual_seed(0)
    noisy, large = tmp_path / "noisy", tmp_path / "large"
    for number, pair in enumerate(srkit.datasets.samples(scale=2)[:4]):
        folder, image = (noisy, pair.lr) if number < 2 else (large, pair.hr)
        folder.mkdir(exist_ok=True)
        spoilt = image + 0.05 * torch.randn(image.shape, generator=rng) if folder is noisy else image
        srkit.write(folder / f"{number}.png", spoilt.clamp(0, 1))
    return noisy, large


def net(scale: int = 2) -> nn.Module:
    return srkit.models.create("edsr", scale=scale, tiny=True)


def count(made: nn.Module) -> int:
    return sum(p.numel() for p in made.parameters())


def test_the_networks_have_the_parameters_of_the_public_code() -> None:
    with torch.device("meta"):
        assert count(Translator()) == 609_731
        assert count(Translator(reduces=4)) == 667_075
        assert count(create("patch", size=96, norm="batch", stride=1)) == 2_765_633
        assert count(create("patch", size=96, norm="batch")) == 2_765_633
        assert count(Degrader()) == 594_380
        assert count(create("texture", size=128)) == 1_030_273
        assert count(HighToLow()) == 1_336_515 + 3  # and the strength of the noise
        assert count(create("residual", size=64)) == 1_382_017
        assert count(create("residual", size=16)) == 1_348_993


def test_translators_keep_the_size_or_reduce_it() -> None:
    image = torch.rand(1, 3, 32, 48)
    for reduces in (1, 2, 4):
        assert Translator(reduces=reduces, **SMALL)(image).shape == (1, 3, 32 // reduces, 48 // reduces)
    assert Degrader(**SMALL)(image).shape == image.shape
    assert HighToLow(**SMALL)(image).shape == (1, 3, 8, 12)
    with pytest.raises(BadInput, match="reduces=3"):
        Translator(reduces=3)


def test_with_the_skip_a_degrader_adds_a_tenth_of_what_else_goes_through_its_sigmoid() -> None:
    plain, skipping = Degrader(**SMALL), Degrader(**SMALL, skip=True)
    skipping.load_state_dict(plain.state_dict())
    image = torch.rand(1, 3, 8, 8)
    torch.testing.assert_close(10 * (skipping(image) - image), plain(image).logit(), rtol=1e-4, atol=1e-4)


def test_a_degrader_with_a_source_adds_noise_that_begins_white_and_can_learn_colour_and_grain() -> None:
    maker, image, noise = Degrader(**SMALL, skip=True, noisy=True), torch.rand(1, 3, 16, 16), torch.randn(1, 3, 16, 16)
    silent = maker(image, torch.zeros_like(image))
    torch.testing.assert_close(maker(image, noise) - silent, 0.02 * noise)
    assert not torch.equal(maker(image), maker(image)), "noise that is not handed in is drawn"
    assert maker.source is not None
    with torch.no_grad():
        maker.source.mix.weight.fill_(1 / 25)
    grain = maker(image, noise) - silent
    torch.testing.assert_close(grain[0, 0], grain[0, 2])  # grey
    assert grain[..., 1:].sub(grain[..., :-1]).std() < grain.std()  # coarse: of white noise 1.4 times as much


def test_a_judge_of_small_images_sees_sixteen_pixels_and_the_texture_judge_thirteen_after_its_filter() -> None:
    for judge, sees in (
        (create("patch", size=64, norm="batch", stride=1, channels=2), 16),
        (create("texture", size=64), 17),
    ):
        image = torch.rand(1, 3, 64, 64, requires_grad=True)
        logits = judge.eval()(image)
        (slope,) = torch.autograd.grad(logits[0, 0, 30, 30], image)
        assert int(slope[0].abs().sum((0, 1)).ne(0).sum()) == sees


def test_the_noise_of_high_to_low_can_be_handed_in() -> None:
    maker, image = HighToLow(**SMALL).eval(), torch.rand(1, 3, 32, 32)
    with torch.no_grad():
        maker.strength += 1.0
        ones = maker(image, torch.ones(1, 1, 32, 32))
        torch.testing.assert_close(ones, maker(image + 0.5, torch.zeros(1, 1, 32, 32)))
        assert not torch.equal(ones, maker(image))


def test_a_high_to_low_with_a_skip_begins_at_the_mean_of_sixteen_pixels_and_adds_the_noise_to_that() -> None:
    maker, image = HighToLow(**SMALL, halvings=2, skip=True).eval(), torch.rand(1, 3, 32, 48)
    torch.nn.init.zeros_(maker.tail.weight)
    torch.nn.init.zeros_(maker.tail.bias)
    noise = torch.randn(1, 3, 8, 12)
    mean = image.unfold(2, 4, 4).unfold(3, 4, 4).mean((-2, -1))
    with torch.no_grad():
        torch.testing.assert_close(maker(image, noise), mean + 0.02 * noise)
        assert not torch.equal(maker(image), maker(image)), "noise that is not handed in is drawn"
    maker(image, noise).square().sum().backward()
    assert maker.source is not None
    assert maker.source.mix.weight.grad.abs().min() > 0
    with pytest.raises(BadInput, match="give 2 or more"):
        HighToLow(halvings=1)


def test_the_patches_of_both_kinds_come_from_different_images_and_return_with_the_step() -> None:
    samples = srkit.datasets.samples(scale=2)
    batches = UnpairedPatches(samples[:2], samples[2:], scale=2, patch=32, batch=3)
    real, large, extra = batches.batch(4)
    assert (real.shape, large.shape) == ((3, 3, 16, 16), (3, 3, 32, 32))
    assert (extra["clean"] - imresize(large, 0.5).clamp(0, 1)).abs().max() <= 0.5 / 255 + 1e-6
    assert (extra["clean"] - real).abs().mean() > 0.02
    assert torch.equal(batches.batch(4)[0], real)


class Constant(nn.Module):
    """A judge whose logit is the mean of the image times a weight."""

    def __init__(self) -> None:
        super().__init__()
        self.gain = nn.Parameter(torch.tensor(3.0))

    def forward(self, image: Tensor) -> Tensor:
        """Return ``(b, 1)`` for ``(b, 3, h, w)``."""
        return self.gain * image.mean((1, 2, 3), keepdim=False)[:, None]


class Plus(nn.Module):
    """Adds a number to an image, and enlarges or reduces by repeating or leaving pixels out."""

    def __init__(self, number: float, *, by: int = 1, scale: int = 2) -> None:
        super().__init__()
        self.number, self.by, self.scale = nn.Parameter(torch.tensor(number)), by, scale

    def forward(self, image: Tensor) -> Tensor:
        """Map ``(b, 3, h, w)`` to ``(b, 3, by*h, by*w)``, or half of both where ``by`` is 0."""
        moved = (
            image[..., ::2, ::2]
            if self.by == 0
            else image.repeat_interleave(self.by, -1).repeat_interleave(self.by, -2)
        )
        return moved + self.number


def test_every_term_of_cincgan_is_what_the_paper_says() -> None:
    """G1 adds 0.1, G2 0.2, SR 0.3, G3 0.4, both judges say three times the mean: all terms follow by hand."""
    system = CinCGAN(Plus(0.3, by=2), **CINCGAN)
    system.clean, system.spoil, system.reduce, system.joint = Plus(0.1), Plus(0.2), Plus(0.4, by=0), True
    x, y, z = torch.full((2, 3, 8, 8), 0.2), torch.full((2, 3, 8, 8), 0.5), torch.full((2, 3, 16, 16), 0.7)
    state = make_state(system, InPredictions(), Config(steps=1, patch=16))
    add_discriminators(state, None)
    for player in system.discriminators.values():
        player.net = Constant()
    terms = system.predictions(x, clean=y, real=z)[0].beside
    expected = {
        "discriminator y": (3 * 0.3 - 1) ** 2, "cycle y": 10 * 0.3**2, "identity y": 5 * 0.1, "TV y": 0,
        "discriminator z": (3 * 0.6 - 1) ** 2, "cycle z": 10 * (0.1 + 0.3 + 0.4) ** 2, "identity z": 5 * 0.1**2,
        "TV z": 0,
    }  # fmt: skip
    assert {name: float(value.detach()) for name, value in terms.items()} == pytest.approx(expected, abs=1e-5)


def test_the_squared_variation_of_a_ramp_is_twice_its_squared_slopes() -> None:
    y, x = torch.meshgrid(torch.arange(6.0), torch.arange(5.0), indexing="ij")
    assert float(squared_variation((2 * x + 3 * y)[None, None])) == pytest.approx(2 * (4 + 9))


def test_both_games_of_cincgan_are_played_in_one_step_and_each_judge_learns() -> None:
    samples = srkit.datasets.samples(scale=2)
    system = CinCGAN(net(), **CINCGAN)
    state = make_state(system, InPredictions(), Config(steps=2, patch=32, batch=2, learning_rate=1e-3))
    add_discriminators(state, None)
    batches = UnpairedPatches(samples[:2], samples[2:], scale=2, patch=32, batch=2)
    assert state.discriminators
    for joint in (False, True):
        system.joint = joint
        before = {name: [p.clone() for p in player.net.parameters()] for name, player in system.discriminators.items()}
        outcome = whole_step(state, phase(batches, "joint" if joint else "inner").batch(0))
        assert not outcome.skipped
        moved = {
            name: any(not torch.equal(a, b) for a, b in zip(before[name], player.net.parameters(), strict=True))
            for name, player in system.discriminators.items()
        }
        assert moved == {"y": True, "z": joint}, "a judge that saw nothing stays"
        assert ("z discriminator of real" in outcome.beside) == joint


def test_a_judge_handed_to_cincgan_judges_the_small_images_and_is_not_trained_with_the_makers() -> None:
    judge = Constant()
    system = CinCGAN(net(), **CINCGAN, discriminator_y=judge)
    assert not {id(p) for p in judge.parameters()} & {id(p) for p in system.parameters()}
    rules = system.adversarial_terms()
    assert rules["y"].discriminator is judge
    assert rules["z"].discriminator is not judge


def test_a_batch_with_a_nan_changes_neither_generators_nor_discriminators() -> None:
    system = CinCGAN(net(), **CINCGAN)
    state = make_state(system, InPredictions(), Config(steps=2, patch=32))
    add_discriminators(state, None)
    broken = torch.full((2, 3, 16, 16), math.nan)
    extra = {"clean": torch.rand(2, 3, 16, 16), "real": torch.rand(2, 3, 32, 32)}
    weights = [p.clone() for p in (*system.parameters(), *system.discriminators["y"].net.parameters())]
    assert state.discriminators
    outcome = whole_step(state, (broken, extra["clean"], extra))
    assert "nan" in outcome.skipped
    after = (*system.parameters(), *system.discriminators["y"].net.parameters())
    assert all(torch.equal(a, b) for a, b in zip(weights, after, strict=True))


def test_cincgan_is_trained_from_two_folders_in_its_three_phases(folders: tuple[Path, Path], tmp_path: Path) -> None:
    out = tmp_path / "run"
    runs = train_cincgan(
        *folders, scale=2, steps=(2, 2, 2), patch=32, enlarge=net(), arguments=CINCGAN, out=out, **QUICK
    )
    assert [run.folder for run in runs] == [out / "inner", out / "enlarge", out / "joint"]
    heads = [(out / name / "history.csv").read_text("utf-8").splitlines()[0] for name in ("inner", "joint")]
    assert "identity y" in heads[0]
    assert "identity z" not in heads[0]
    assert all(name in heads[1] for name in ("identity z", "z discriminator of made", "cycle y"))
    assert runs[-1].net(torch.rand(1, 3, 8, 9)).shape == (1, 3, 16, 18)
    with pytest.raises(BadInput, match="trains nothing"):
        train_cincgan(*folders, steps=(0, 0, 0))
    with pytest.raises(BadInput, match="no term 'cycle x'"):
        CinCGAN(net(), weights={"cycle x": 1.0})


def test_dsgan_gives_pairs_on_which_fssr_trains(folders: tuple[Path, Path]) -> None:
    judge = AdversarialTerm(game="CE", weight=0.005, discriminator="texture", channels=4)
    run = train_dsgan(folders[1], scale=2, steps=2, patch=32, adversarial=judge, arguments=SMALL, **QUICK)
    pairs = made_pairs(run.net, folders[1], scale=2)
    target = made_pairs(run.net, folders[1], scale=2, clean_by=2)
    assert (pairs[0].hr.shape[-1], target[0].hr.shape[-1], target[0].lr.shape[-1]) == (336, 160, 80)
    recipe = {**fssr_recipe(weights="untrained"), "patch": 16, "batch": 2}
    recipe["loss"] = "0.01*LowPass(size=9, edge=zeros)"
    recipe["adversarial"] = AdversarialTerm(
        game="RaGAN", weight=5e-3, discriminator=HighPassed(create("patch", size=16, depth=1))
    )
    trained = train(net(), pairs, steps=1, progress=False, **recipe)
    assert "LowPass" in trained.history.columns


def test_high_to_low_gives_pairs_on_which_low_to_high_trains(folders: tuple[Path, Path]) -> None:
    judge = AdversarialTerm(game="Hinge", weight=0.05, discriminator="residual", channels=4)
    run = train_high_to_low(*folders, steps=2, patch=32, adversarial=judge, arguments=SMALL, **QUICK)
    pairs = made_pairs(run.net, folders[1], scale=4, seed=1)
    assert torch.equal(pairs[0].lr, made_pairs(run.net, folders[1], scale=4, seed=1)[0].lr)
    recipe = {**low_to_high_recipe(), "patch": 32, "batch": 2}
    recipe["adversarial"] = AdversarialTerm(game="Hinge", weight=0.05, discriminator="residual", channels=4)
    trained = train(srkit.models.create("low_to_high", scale=4, tiny=True), pairs, steps=1, progress=False, **recipe)
    assert trained.net.scale == 4
    with pytest.raises(BadInput, match="loss=… is decided here"):
        train_high_to_low(*folders, steps=1, patch=32, loss="1*L1", arguments=SMALL, **QUICK)


def test_an_unpaired_training_resumes_bit_for_bit_with_its_judge(folders: tuple[Path, Path], tmp_path: Path) -> None:
    judge = AdversarialTerm(game="Hinge", weight=0.05, discriminator="residual", channels=4)
    settings: dict[str, Any] = {"patch": 32, "adversarial": judge, "arguments": SMALL, **QUICK}
    whole = train_high_to_low(*folders, steps=4, **settings)
    train_high_to_low(*folders, steps=2, out=tmp_path / "run", **settings)
    rest = train_high_to_low(*folders, steps=4, out=tmp_path / "run", **settings)
    for name, weight in whole.net.state_dict().items():
        assert torch.equal(weight, rest.net.state_dict()[name]), name
    assert whole.history["discriminator"][-2:] == rest.history["discriminator"][-2:]


def test_a_translation_is_kept_to_its_goal_by_its_content_alone_where_the_game_weighs_nothing() -> None:
    system = Translation(
        Plus(0.25), content="2*L1", adversarial=AdversarialTerm(game="CE", weight=0.0, discriminator=Constant()), size=8
    )
    state = make_state(system, InPredictions(), Config(steps=1, patch=8))
    add_discriminators(state, None)
    image = torch.full((2, 3, 8, 8), 0.5)
    outcome = one_step(state, (image, image, {"goal": image, "real": image}))
    assert outcome.loss == pytest.approx(2 * 0.25)


def test_another_seed_is_not_dropped_when_a_run_is_there_already(folders: tuple[Path, Path], tmp_path: Path) -> None:
    term = AdversarialTerm(discriminator="texture", channels=4)
    given: dict[str, Any] = {"scale": 2, "patch": 32, "adversarial": term, "arguments": SMALL, "out": tmp_path / "run"}
    train_dsgan(folders[1], steps=1, **given, **QUICK)
    with pytest.raises(BadInput, match=r"was begun with seed=0 \(now 1\)"):
        train_dsgan(folders[1], steps=2, seed=1, **given, **QUICK)
    assert train_dsgan(folders[1], steps=2, **given, **QUICK).steps == 2
