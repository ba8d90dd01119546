"""Two players: the very steps one would write by hand, a judge that no loss trains, and runs that resume exactly."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import srkit
from srkit import discriminators, models, training
from srkit.errors import BadFile, BadInput, UnknownName
from srkit.losses.adversarial import GAMES
from srkit.papers import esrgan_recipe, srgan_recipe
from srkit.training import AdversarialTerm, Callback, Config, Record, load_checkpoint, make_state, run, save_checkpoint
from srkit.training.adversarial import add_discriminators, parse_adversarial
from srkit.training.checkpoint import restore
from tests.training._toy import Batches, Judge, Levels, Toy, weights


def two_players(net: nn.Module | None = None, judge: nn.Module | str | None = None, **settings: object):
    rules = {name: settings.pop(name) for name in ("game", "weight", "updates", "channels") if name in settings}
    config = Config(**{"steps": 12, "learning_rate": 1e-2, "patch": 16, **settings})
    state = make_state(net or Toy(), nn.L1Loss(), config)
    add_discriminators(state, AdversarialTerm(discriminator=judge or Judge(), **rules))
    return state


def by_hand(steps: int, *, relative: bool, updates: int = 1) -> tuple[nn.Module, nn.Module]:
    """Play cross-entropy or the relativistic average game with nothing but torch."""
    net, judge, batches = Toy(), Judge(), Batches()
    ours = torch.optim.Adam(net.parameters(), 1e-2)
    theirs = torch.optim.Adam(judge.parameters(), 1e-2)
    entropy = F.binary_cross_entropy_with_logits
    for step in range(steps):
        lr, hr = batches.batch(step)
        sr = net(lr)
        untouched = copy.deepcopy(judge)
        made, real = untouched(sr), untouched(hr).detach()
        one, nothing = torch.ones_like(made), torch.zeros_like(made)
        if relative:
            opinion = entropy(made - real.mean(), one) + entropy(real - made.mean(), nothing)
        else:
            opinion = entropy(made, one)
        ours.zero_grad()
        (F.l1_loss(sr, hr) + 0.1 * opinion).backward()
        ours.step()
        for _ in range(updates):
            theirs.zero_grad()
            real, made = judge(hr), judge(sr.detach())
            if relative:
                loss = entropy(real - made.mean(), one) + entropy(made - real.mean(), nothing)
            else:
                loss = entropy(real, one) + entropy(made, nothing)
            loss.backward()
            theirs.step()
    return net, judge


@pytest.mark.parametrize(("game", "updates"), [("CE", 1), ("RaGAN", 1), ("CE", 3)])
def test_both_players_make_the_very_steps_one_would_write_by_hand(game: str, updates: int) -> None:
    state = two_players(game=game, weight=0.1, updates=updates, steps=5)
    run(state, state.config, Batches())
    net, judge = by_hand(5, relative=game == "RaGAN", updates=updates)
    torch.testing.assert_close(weights(state.net), weights(net), rtol=0, atol=1e-5)
    torch.testing.assert_close(weights(state.discriminators[0].net), weights(judge), rtol=0, atol=1e-5)
    assert (weights(state.discriminators[0].net) - weights(Judge())).abs().max() > 0.02


@pytest.mark.parametrize("name", list(discriminators.DISCRIMINATORS))
@pytest.mark.parametrize("game", ["CE", "RaGAN"])
def test_a_loss_never_trains_the_judge_and_sees_it_as_it_is(name: str, game: str) -> None:
    judge = discriminators.create(name, size=32, channels=4)
    state = two_players(judge=judge, game=game, weight=1.0, patch=32)
    before = {key: value.clone() for key, value in judge.state_dict().items()}
    sr, hr = torch.rand(2, 4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    sr = sr.requires_grad_()
    state.loss.terms(sr, hr)[game].backward()
    found = sr.grad
    assert all(torch.equal(before[key], value) for key, value in judge.state_dict().items())
    assert all(parameter.grad is None and parameter.requires_grad for parameter in judge.parameters())
    other = copy.deepcopy(judge)
    made, real = other(sr), other(hr)
    opinion = F.softplus(-made) if game == "CE" else F.softplus(real - made.mean()) + F.softplus(real.mean() - made)
    (expected,) = torch.autograd.grad(opinion.mean(), sr)
    torch.testing.assert_close(found, expected, rtol=1e-3, atol=1e-7)


@pytest.mark.parametrize("game", [GAMES.get(name).name for name in GAMES])
def test_in_every_game_the_judge_alone_leads_the_network_towards_the_real_images(game: str) -> None:
    class Colour(nn.Module):
        """One number: the brightness of everything it makes."""

        scale = 2

        def __init__(self) -> None:
            super().__init__()
            self.value = nn.Parameter(torch.tensor(0.1))

        def forward(self, lr: Tensor) -> Tensor:
            return self.value.expand(len(lr), 3, 16, 16)

    class Silent(nn.Module):
        def forward(self, sr: Tensor, hr: Tensor) -> Tensor:
            return 0 * (sr - hr).mean()

    class Brightness(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(1, 1)
            self.layer.weight.data.zero_()

        def forward(self, image: Tensor) -> Tensor:
            return self.layer(image.mean((1, 2, 3))[:, None])

    state = make_state(Colour(), Silent(), Config(steps=15, learning_rate=2e-2, patch=16, guard=None))
    add_discriminators(
        state, AdversarialTerm(game=game, weight=1.0, discriminator=Brightness(), learning_rate=0.1, betas=(0.5, 0.9))
    )
    run(state, state.config, Batches())
    assert 0.2 < state.net.value.item() < 0.8, "it began at 0.1, and the real images have a mean of a half"


def test_the_penalty_of_a_critic_is_taken_between_the_real_image_and_the_made_one_somewhere_else_each_time() -> None:
    class Listening(Judge):
        def forward(self, image: Tensor) -> Tensor:
            heard.append(image.detach().clone())
            return super().forward(image)

    heard: list[Tensor] = []
    state = two_players(judge=Listening(), game="WGAN_GP", steps=4)
    run(state, state.config, Batches())
    places = []
    # in each step the judge hears the generator's image, then, for its own step, real, made and what lies between
    for real, made, between in zip(heard[1::4], heard[2::4], heard[3::4], strict=True):
        share = ((between - made) * (real - made)).sum((1, 2, 3)) / (real - made).square().sum((1, 2, 3))
        mixture = share[:, None, None, None] * real + (1 - share[:, None, None, None]) * made
        torch.testing.assert_close(between, mixture, atol=1e-5, rtol=0, msg="on the line between the two")
        places += share.tolist()
    assert all(0 < place < 1 for place in places)
    assert max(places) - min(places) > 0.3, "anywhere on it"
    assert len({round(place, 4) for place in places}) == len(places), "for every image of a batch its own"


def test_the_history_shows_both_sides() -> None:
    state = two_players(game="Hinge", weight=0.5)
    run(state, state.config, Batches(), [Record()])
    row = state.history.rows[-1]
    assert {
        "value",
        "Hinge",
        "discriminator",
        "discriminator of real",
        "discriminator of made",
        "discriminator skipped",
    } <= set(state.history.columns)
    assert row["loss"] == pytest.approx(row["value"] + row["Hinge"], rel=1e-5)
    assert row["discriminator"] > 0


class StopAt(Callback):
    def __init__(self, step: int) -> None:
        self.step = step

    def stepped(self, state, outcome) -> None:
        if state.step == self.step:
            state.stop = "enough"


@pytest.mark.parametrize("game", ["RaGAN", "WGAN_GP"])
@pytest.mark.parametrize("stop", [1, 7])
def test_a_resumed_game_is_the_game_that_never_stopped(tmp_path, game: str, stop: int) -> None:
    judge = {"judge": "unet", "channels": 4, "patch": 16, "game": game, "schedule": "cosine", "weight": 0.1}
    whole = two_players(Toy(dropout=0.3), **judge)
    run(whole, whole.config, Batches())
    first = two_players(Toy(dropout=0.3), **judge)
    run(first, first.config, Batches(), [StopAt(stop)])
    save_checkpoint(tmp_path / "c.pt", first, {})
    second = two_players(Toy(seed=5, dropout=0.3), **{**judge, "seed": 0})
    for parameter in second.discriminators[0].net.parameters():
        parameter.data.zero_()
    restore(second, load_checkpoint(tmp_path / "c.pt"))
    run(second, second.config, Batches())
    assert torch.equal(weights(second.net), weights(whole.net))
    assert torch.equal(weights(second.discriminators[0].net), weights(whole.discriminators[0].net))


@pytest.mark.parametrize("evil", [float("nan"), float("inf")])
def test_a_step_that_would_ruin_either_player_is_made_by_neither(evil: float) -> None:
    state = two_players(steps=1)
    before = weights(state.net), weights(state.discriminators[0].net)
    run(state, state.config, Batches(spoil=lambda step, hr: hr * evil))
    assert torch.equal(weights(state.net), before[0])
    assert all(torch.isfinite(parameter).all() for parameter in state.discriminators[0].net.parameters())
    assert state.guard.skipped == state.discriminators[0].guard.skipped == 1


def test_a_judge_that_sees_nan_alone_keeps_its_weights() -> None:
    state = two_players(steps=1)
    judge = copy.deepcopy(state.discriminators[0].net)
    state.discriminators[0].seen = [(torch.full((2, 3, 16, 16), float("nan")), torch.rand(2, 3, 16, 16))]
    found = state.discriminators[0].learn(state, 0)
    assert found["discriminator skipped"] == 1
    for mine, other in zip(state.discriminators[0].net.parameters(), judge.parameters(), strict=True):
        assert torch.equal(mine, other)


@pytest.fixture(scope="module")
def pairs():
    return srkit.datasets.samples(scale=2)[:2]


def test_training_by_name_resumes_from_the_folder_alone(tmp_path, pairs) -> None:
    rules = AdversarialTerm(game="LS", weight=0.01, discriminator="patch", channels=4, learning_rate=3e-4, updates=2)
    settings = {"batch": 2, "patch": 32, "adversarial": rules, "progress": False, "save_every": 2}
    torch.manual_seed(1)
    whole = srkit.train("espcn", "samples", scale=2, steps=4, out=tmp_path / "whole", **settings)
    srkit.train("espcn", "samples", scale=2, steps=2, out=tmp_path / "parts", **settings)
    parts = training.resume(tmp_path / "parts", steps=4, progress=False)
    assert torch.equal(weights(whole.net), weights(parts.net))
    discriminators = [
        load_checkpoint(tmp_path / name / "checkpoint.pt")["discriminators"][0]["net"] for name in ("whole", "parts")
    ]
    assert all(torch.equal(discriminators[0][key], discriminators[1][key]) for key in discriminators[0])
    assert "discriminator of made" in (tmp_path / "whole" / "history.csv").read_text().splitlines()[0]


def test_a_judge_that_was_handed_in_must_be_handed_in_again(tmp_path, pairs) -> None:
    rules = AdversarialTerm(discriminator=Judge(), weight=0.01)
    settings = {"batch": 2, "patch": 32, "progress": False, "steps": 1}
    srkit.train(Toy(), pairs, adversarial=rules, out=tmp_path / "r", **settings)
    with pytest.raises(BadInput, match="handed in as a module"):
        training.resume(tmp_path / "r", net=Toy(), pairs=pairs, steps=2)
    run = training.resume(tmp_path / "r", net=Toy(), pairs=pairs, steps=2, adversarial=rules, progress=False)
    assert run.steps == 2
    other = AdversarialTerm(discriminator="unet", channels=4)
    with pytest.raises(BadFile, match="not the one this run was trained against"):
        training.resume(tmp_path / "r", net=Toy(), pairs=pairs, steps=3, adversarial=other, progress=False)


@pytest.mark.parametrize(
    ("recipe", "name", "terms"),
    [(srgan_recipe, "srgan", ("Content", "CE")), (esrgan_recipe, "esrgan", ("Content", "L1", "RaGAN"))],
)
def test_the_recipes_train_end_to_end_on_sample_photographs(recipe, name: str, terms: tuple[str, ...]) -> None:
    """With an untrained VGG and a narrow judge, so that it runs in seconds."""
    settings = recipe(weights="untrained")
    settings |= {"patch": 64, "batch": 2, "adversarial": replace(settings["adversarial"], channels=4)}
    net = models.create(name, scale=4, tiny=True)
    run = srkit.train(net, srkit.datasets.samples(scale=4)[:2], steps=3, progress=False, **settings)
    assert run.history.terms[: len(terms)] == terms
    assert run.skipped == 0
    row = run.history.rows[-1]
    assert row["loss"] == pytest.approx(sum(row[term] for term in terms), rel=1e-4)


def test_the_recipes_have_the_weights_their_papers_print() -> None:
    srgan, esrgan = srgan_recipe(), esrgan_recipe()
    assert "layers=relu5_4, rescale=0.0784" in srgan["loss"]
    assert (srgan["adversarial"].game, srgan["adversarial"].weight, srgan["patch"]) == ("CE", 1e-3, 96)
    assert esrgan["loss"] == "1*Content(layers=conv5_4, form=l1)+0.01*L1"
    assert (esrgan["adversarial"].game, esrgan["adversarial"].weight, esrgan["patch"]) == ("RaGAN", 5e-3, 128)


def test_an_adversarial_term_is_read_from_text_and_what_it_cannot_be_is_said() -> None:
    found = parse_adversarial("5e-3 * RaGAN", discriminator="unet", updates=2)
    assert (found.weight, found.game, found.discriminator, found.updates) == (5e-3, "RaGAN", "unet", 2)
    assert parse_adversarial("wgan-gp").weight == 1
    with pytest.raises(BadInput, match=r"for example 0\.001\*CE"):
        parse_adversarial("0.001 CE")
    with pytest.raises(UnknownName, match="adversarial game"):
        parse_adversarial("0.001*GAN")
    with pytest.raises(UnknownName, match="discriminator"):
        AdversarialTerm(discriminator="nobody")
    with pytest.raises(BadInput, match="updates=0 cannot be used"):
        AdversarialTerm(updates=0)


def test_an_opponent_and_several_predictions_do_not_go_together_and_say_so() -> None:
    with pytest.raises(BadInput, match="supervision=False"):
        two_players(Levels())
    state = two_players(Levels(), supervision=False, steps=2)
    run(state, state.config, Batches(scale=4))
    assert state.step == 2


def test_a_patch_the_judge_cannot_judge_is_refused_before_anything_is_written(tmp_path, pairs) -> None:
    with pytest.raises(BadInput, match="multiple of 16; 40 was given"):
        srkit.train(Toy(), pairs, steps=1, patch=40, adversarial="0.001*CE", out=tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_a_checkpoint_of_a_run_against_a_judge_of_srkit_0_1_still_loads(tmp_path, pairs) -> None:
    given = {"steps": 2, "batch": 2, "patch": 16, "progress": False, "save_every": 1}
    term = AdversarialTerm(game="LS", weight=0.01, discriminator="unet", channels=4)
    whole = training.train(Toy(), pairs, adversarial=term, out=tmp_path / "run", **given)
    saved = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)
    saved["rival"], saved["origin"]["adversary"] = saved.pop("discriminators")[0], saved["origin"].pop("adversarial")
    torch.save(saved, tmp_path / "run" / "checkpoint.pt")
    seen: list[Tensor] = []
    look = lambda state, outcome: seen.append(weights(state.discriminators[0].net))  # noqa: E731
    more = training.resume(tmp_path / "run", net=Toy(), pairs=pairs, steps=3, callbacks=[look], progress=False)
    straight = training.train(Toy(), pairs, adversary=term, callbacks=[look], **{**given, "steps": 3})
    assert torch.equal(weights(more.net), weights(straight.net))
    assert torch.equal(seen[0], seen[-1])
    assert not torch.equal(weights(whole.net), weights(more.net))
