"""The content loss: its three forms by hand, its layers, and what it never does."""

from __future__ import annotations

import math

import pytest
import torch

from srkit import losses
from srkit.errors import BadFile, BadInput
from srkit.layers.vgg import VGG19
from srkit.losses import Content, distance

SR = torch.rand(2, 3, 32, 40, generator=torch.Generator().manual_seed(0))
HR = torch.rand(2, 3, 32, 40, generator=torch.Generator().manual_seed(1))


def untrained(**options: object) -> Content:
    return Content(weights="untrained", **{"layers": "conv2_2", **options})  # type: ignore[arg-type]


def test_the_three_forms_of_a_distance_have_their_closed_values() -> None:
    a, b = torch.zeros(1, 2, 3, 4), torch.full((1, 2, 3, 4), 0.5)
    assert float(distance(a, b, form="mse")) == pytest.approx(0.25)
    assert float(distance(a, b, form="l1")) == pytest.approx(0.5)
    assert float(distance(a, b, form="norm")) == pytest.approx(math.sqrt(24 * 0.25) / 24)


def test_the_lectures_norm_over_the_size_is_the_root_of_the_mse_over_the_size() -> None:
    size = SR[0].numel()
    expected = [math.sqrt(float(distance(SR[i], HR[i])) / size) for i in range(2)]
    assert float(distance(SR, HR, form="norm")) == pytest.approx(sum(expected) / 2, rel=1e-5)


@pytest.mark.parametrize("factor", [1.0, 1e-3])
def test_the_gradient_of_the_norm_keeps_its_length_and_that_of_the_mse_does_not(factor: float) -> None:
    size = SR[0].numel()
    for form, length in (("norm", 1 / size), ("mse", None)):
        sr = (HR[:1] + factor * (SR - HR)[:1]).requires_grad_()
        distance(sr, HR[:1], form=form).backward()  # type: ignore[arg-type]
        expected = length or 2 * factor * float((SR - HR)[:1].norm()) / size
        assert float(sr.grad.norm()) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("form", ["mse", "norm"])
def test_equal_images_have_no_gradient_and_no_nan(form) -> None:
    sr = HR.clone().requires_grad_()
    loss = untrained(form=form)(sr, HR)
    loss.backward()
    assert float(loss) < 1e-12
    assert torch.equal(sr.grad, torch.zeros_like(sr))


def test_the_loss_is_the_weighted_sum_over_its_layers() -> None:
    net = VGG19(layers=["conv1_2", "relu2_1"], seed=3)
    ours, theirs = net(SR), net(HR)
    expected = 0.25 * (ours["conv1_2"] - theirs["conv1_2"]).abs().mean()
    expected = expected + 2 * (ours["relu2_1"] - theirs["relu2_1"]).abs().mean()
    found = untrained(layers="conv1_2:0.25 relu2_1:2", form="l1", seed=3)(SR, HR)
    torch.testing.assert_close(found, expected)
    without = untrained(layers="conv1_2:0.25 conv1_1:0 relu2_1:2", form="l1", seed=3)(SR, HR)
    torch.testing.assert_close(without, expected, msg="a weight may be zero")


def test_dividing_features_as_srgan_does_multiplies_the_mean_square_by_its_square() -> None:
    plain, divided = untrained()(SR, HR), untrained(rescale=1 / 12.75)(SR, HR)
    assert float(divided / plain) == pytest.approx(1 / 12.75**2, rel=1e-4)
    assert pytest.approx(0.006, abs=2e-4) == 1 / 12.75**2, "the factor SRGAN's paper prints"


def test_a_sharper_image_is_nearer_than_a_blurred_one_although_it_is_farther_by_pixels() -> None:
    """What a perceptual loss is for, even with random weights: texture that is shifted still looks like texture."""
    rows = (torch.arange(64)[:, None] % 4 < 2).float().expand(64, 64)
    hr = rows.expand(1, 3, 64, 64).contiguous()
    shifted, flat = hr.roll(1, 2), torch.full_like(hr, 0.5)
    assert float(losses.l1(shifted, hr)) == pytest.approx(float(losses.l1(flat, hr)))
    loss = Content(layers="conv3_1", weights="untrained")
    assert loss(shifted, hr) < loss(flat, hr)


def test_the_loss_trains_nothing_and_gives_the_images_a_gradient() -> None:
    loss = untrained()
    before = {key: value.clone() for key, value in loss.state_dict().items()}
    sr = SR.clone().requires_grad_()
    loss(sr, HR).backward()
    assert float(sr.grad.abs().sum()) > 0
    assert not any(parameter.requires_grad for parameter in loss.parameters())
    assert all(torch.equal(before[key], value) for key, value in loss.state_dict().items())


def test_a_formula_reaches_it_and_logs_it_as_a_term_of_its_own() -> None:
    loss = losses.parse("0.01*L1 + 1*Content(layers='conv1_2:0.1 conv2_2', form=l1, weights=untrained)")
    terms = loss.terms(SR, HR)
    assert list(terms) == ["L1", "Content"]
    torch.testing.assert_close(terms["Content"], untrained(layers="conv1_2:0.1 conv2_2", form="l1")(SR, HR))


@pytest.mark.parametrize(("name", "layer"), [("VGG22", "conv2_2"), ("VGG54", "conv5_4")])
def test_edsr_pytorchs_names_are_the_layers_before_the_activation(tmp_path, monkeypatch, name, layer) -> None:
    net = VGG19(layers=[layer], seed=7)
    torch.save({f"features.{key}": value for key, value in net.features.state_dict().items()}, tmp_path / "v.pth")
    monkeypatch.setenv("SRKIT_VGG19", str(tmp_path / "v.pth"))
    expected = (net(SR)[layer] - net(HR)[layer]).square().mean()
    torch.testing.assert_close(losses.parse(name)(SR, HR), expected)


def test_without_weights_the_loss_is_refused_and_never_replaced_in_silence(tmp_path) -> None:
    with pytest.raises(BadFile, match="weights=untrained"):
        losses.parse(f"VGG54(weights='{tmp_path / 'nowhere.pth'}')")


@pytest.mark.parametrize("option", ["layers=conv9_1", "layers='conv1_1:x'", "layers='conv1_1:-1'", "form=l3"])
def test_an_option_that_cannot_be_is_pointed_at(option: str) -> None:
    with pytest.raises(BadInput, match=r"(?s)Content: .*\n  Content\("):
        losses.parse(f"Content({option}, weights=untrained)")
