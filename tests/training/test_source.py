"""The front door: a network is trained on what its paper trains it on, or refused with the reason."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import srkit
from srkit.datasets import Made, Patches, register_maker, samples
from srkit.datasets.degraded import Chained
from srkit.datasets.makers import MAKERS, make_maker
from srkit.degrade import gaussian_widths, save_pool
from srkit.errors import BadInput, UnknownName
from srkit.models import Card
from srkit.models._registry import MODELS
from srkit.training import train
from srkit.training.supervise import complete, supervised_terms
from tests.training._toy import Toy

QUICK: dict[str, Any] = {"steps": 1, "patch": 32, "batch": 2, "progress": False}


def made_by_a_maker() -> list[str]:
    named = {name: MODELS.get(name).card.trained_on for name in MODELS}
    return [name for name, maker in named.items() if maker not in (None, "pairs")]


def tiny(name: str) -> nn.Module:
    return srkit.models.create(name, scale=2, tiny=True)


def test_the_networks_that_are_told_more_than_the_image_name_a_maker_or_say_that_pairs_will_do() -> None:
    cards = {name: MODELS.get(name).card for name in MODELS}
    assert not [name for name, card in cards.items() if card.extra_input and not card.trained_on]
    expected = {"srmd", "srmdnf", "srmd_small", "sftmd", "ikc", "kxnet", "kxnet_anisotropic", "usrnet", "kmsr"}
    assert expected <= set(made_by_a_maker())


@pytest.mark.parametrize("name", made_by_a_maker())
def test_a_network_is_trained_by_its_name_on_what_its_paper_tells_it(name: str, tmp_path: Path) -> None:
    net = tiny(name)
    pool = save_pool(tmp_path / "pool", torch.stack([gaussian_widths(7, 1.0)]))
    maker = f'kernel_pool("{pool}")' if name == "kmsr" else None
    told: list[set[str]] = []
    hook = lambda module, _, keywords: told.append(set(keywords))  # noqa: E731
    net.register_forward_pre_hook(hook, with_kwargs=True)
    run = train(net, "samples", maker=maker, valid="samples", **QUICK)
    terms = {"kxnet": "stage 1 kernel", "kxnet_anisotropic": "stage 1 kernel", "ikc": "codes correction 1"}
    if name in terms:
        assert terms[name] in run.history.terms
    else:
        family = name.split("_")[0]
        expected = {"kmsr": {"enlarged"}, "usrnet": {"kernel", "noise"}}.get(family, {"degradation"})
        assert all(one == expected for one in told), "trained and validated with the condition"
    assert run.best is not None


@pytest.mark.parametrize("name", [name for name in made_by_a_maker() if name != "kmsr"])  # it is given kernels alone
def test_another_condition_gives_another_gradient(name: str) -> None:
    net: Any = tiny(name)
    maker = make_maker(str(MODELS.get(name).card.trained_on), net)
    lr, hr, condition = Made.of(samples(scale=2), maker, patch=32, batch=2).batch(0)
    gradients = []
    for given in (condition, {key: value.flip(0) for key, value in condition.items()}):
        net.zero_grad()
        if hasattr(net, "predictions"):
            terms = supervised_terms(nn.functional.l1_loss, net.predictions(lr, **given), hr)
        else:
            terms = {"L1": nn.functional.l1_loss(net(lr, **given), hr)}
        torch.stack(list(terms.values())).sum().backward()
        gradients.append(torch.cat([one.grad.flatten() for one in net.parameters() if one.grad is not None]))
    first, other = gradients
    assert float((first - other).norm()) > 1e-4 * float(first.norm()) > 0


@pytest.mark.parametrize("name", made_by_a_maker())
def test_batches_that_tell_nothing_are_refused(name: str) -> None:
    for batches in (Patches(samples(scale=2), patch=32, batch=2), Made.of(samples(scale=2), Chained("down(2)"))):
        with pytest.raises(BadInput, match="bring no condition"):
            train(tiny(name), batches, **QUICK)
    with pytest.raises(BadInput, match="maker='pairs'"):
        train(tiny(name), "samples", degrade="blur(1) > down(2)", **QUICK)


def test_who_wants_pairs_can_have_them() -> None:
    assert train(tiny("kxnet"), "samples", maker="pairs", **QUICK).history.terms == ("stage 1 L1", "stage 2 L1")
    with pytest.raises(BadInput, match="SRMD needs the degradation"):
        train(tiny("srmd"), "samples", maker="pairs", **QUICK)


def test_a_network_of_ones_own_that_must_be_told_something_is_refused_until_a_maker_tells_it() -> None:
    class Hazy(Toy):
        def forward(self, lr: Tensor, *, haze: Tensor) -> Tensor:
            return super().forward(lr) + haze.view(-1, 1, 1, 1)

    with pytest.raises(BadInput, match="Hazy needs the condition 'haze'"):
        train(Hazy(), samples(scale=2), **QUICK)

    class Haze:
        scale, margin = 2, 0

        def __init__(self, strength: float) -> None:
            self.strength = strength

        def __call__(self, hr: Tensor, rng: torch.Generator, /) -> tuple[Tensor, dict[str, Any]]:
            haze = torch.rand((), generator=rng) * self.strength
            return hr[:, ::2, ::2] * (1 - haze) + haze, {"haze": haze}

    register_maker("haze")(lambda net, strength=0.5: Haze(strength))
    try:
        assert train(Hazy(), samples(scale=2), maker="haze(strength=0.2)", **QUICK).steps == 1
        with pytest.raises(BadInput, match="has no option 'strengths'"):
            make_maker("haze(strengths=1)", Hazy())
    finally:
        MAKERS.unregister("haze")
    with pytest.raises(UnknownName, match="no maker called 'haze'"):
        train(Hazy(), samples(scale=2), maker="haze", **QUICK)


def test_a_plugin_whose_card_has_an_extra_input_and_no_maker_is_refused() -> None:
    facts: dict[str, Any] = dict.fromkeys(("title", "citation", "url", "idea", "lesson", "parameters_source"), "-")
    card = Card(**facts, year=2026, framework="post-upsampling", scales=(2,), parameters={2: 1}, extra_input="mood")

    class Moody(Toy):
        def __init__(self, *, scale: int) -> None:
            super().__init__()

        def forward(self, lr: Tensor, *, mood: Tensor | None = None) -> Tensor:
            return super().forward(lr)

    srkit.register_model("moody_net", card)(Moody)
    try:
        with pytest.raises(BadInput, match=r"needs the condition 'mood'.*trained_on"):
            train("moody_net", "samples", scale=2, **QUICK)
    finally:
        MODELS.unregister("moody_net")


def test_what_does_not_go_with_a_maker_is_refused() -> None:
    with pytest.raises(BadInput, match="one scale"):
        train(tiny("srmd"), "samples", scales=(2, 3), **QUICK)
    with pytest.raises(BadInput, match="supervision=False"):
        train(tiny("kxnet"), "samples", supervision=False, **QUICK)
    with pytest.raises(BadInput, match="it estimates no kernel"):
        train("espcn", "samples", scale=2, maker="blur_kernels", **QUICK)
    with pytest.raises(BadInput, match="has no n_codes"):
        train("espcn", "samples", scale=2, maker="gaussian_codes", **QUICK)
    with pytest.raises(BadInput, match="something follows it"):
        train(tiny("kxnet"), "samples", maker="blur_kernels > down(2)", **QUICK)


def test_a_batch_without_a_condition_is_one_with_an_empty_one() -> None:
    lr, hr = torch.rand(2, 3, 4, 4), torch.rand(2, 3, 8, 8)
    assert complete((lr, hr)) == (lr, hr, {})
    assert complete((lr, hr, {"kernel": lr})) == (lr, hr, {"kernel": lr})


def test_usrnet_is_told_the_kernel_that_blurred_and_the_noise_that_was_added() -> None:
    from scipy import ndimage

    quiet, loud = (make_maker(f"kernels_and_noise(noise={level})", tiny("usrnet")) for level in (0, 25))
    lr, hr, condition = Made.of(samples(scale=2), quiet, patch=64, batch=6).batch(2)
    assert condition["kernel"].shape == (6, 1, 25, 25)
    for one in range(6):
        kernel = condition["kernel"][one].double().numpy()
        blurred = ndimage.convolve(hr[one].double().numpy(), kernel, mode="wrap")[:, ::2, ::2]
        assert abs(blurred - lr[one].double().numpy()).max() <= 0.5 / 255 + 1e-6
    noisy = Made.of(samples(scale=2), loud, patch=64, batch=32, seed=1)
    levels = noisy.batch(0)[2]["noise"]
    assert float(levels.max()) <= 25 / 255
    assert 0 < int((levels == 0).sum()) < 12
