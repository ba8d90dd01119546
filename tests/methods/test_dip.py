"""The deep image prior: its network and its reduction beside the authors' numbers, its peak and its decline."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

import srkit
from srkit import methods
from srkit.errors import BadInput, UnknownName
from srkit.methods import DIP, SkipNet, as_network
from srkit.methods._fresh import fresh
from srkit.methods.dip import NonLocal, lanczos_kernel, lanczos_reduce

QUICK: dict[str, Any] = {"steps": 3, "channels": 4, "inputs": 2, "depth": 2}


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def photo(side: int = 64) -> Tensor:
    return srkit.datasets.samples(scale=2)[0].hr[:, 60 : 60 + side, 60 : 60 + side].contiguous()


def test_the_networks_have_the_parameters_of_the_authors() -> None:
    for settings, parameters in (
        ({}, 2_217_831),
        ({"inputs": 3, "skip": 16, "non_local": 2}, 2_359_939),  # DIP-FKP's
        ({"channels": 32}, 152_199),
    ):
        with torch.device("meta"):
            net = SkipNet(**settings)
        assert sum(p.numel() for p in net.parameters()) == parameters


def test_the_network_draws_images_of_any_size_from_33_pixels_on() -> None:
    net = fresh(lambda: SkipNet(inputs=2, channels=4), rng())
    assert net.smallest == 33
    for size in ((33, 33), (64, 96), (45, 71)):
        image = net(torch.rand(1, 2, *size, generator=rng()))
        assert image.shape == (1, 3, *size)
        assert 0 < float(image.detach().min()) < float(image.detach().max()) < 1


def test_a_network_of_one_scale_is_what_its_formula_says() -> None:
    net = fresh(lambda: SkipNet(inputs=2, channels=3, skip=1, depth=1), rng()).double()
    x = torch.rand(1, 2, 6, 8, generator=rng(), dtype=torch.float64)
    w = [p.detach() for p in net.parameters()]
    f = torch.nn.functional

    def block(x: Tensor, at: int, stride: int = 1) -> Tensor:
        around = w[at].shape[-1] // 2
        x = f.conv2d(f.pad(x, (around,) * 4, mode="reflect") if around else x, w[at], w[at + 1], stride)
        mean, var = x.mean((0, 2, 3), keepdim=True), x.var((0, 2, 3), keepdim=True, correction=0)
        return f.leaky_relu((x - mean) / (var + 1e-5).sqrt(), 0.2)

    beside, below = block(x, 0), block(block(x, 4, stride=2), 8)
    both = torch.cat([beside, f.interpolate(below, scale_factor=2, mode="bilinear")], 1)
    both = (both - both.mean((0, 2, 3), keepdim=True)) / (both.var((0, 2, 3), keepdim=True, correction=0) + 1e-5).sqrt()
    up = block(block(both, 14), 18)
    torch.testing.assert_close(net(x), torch.sigmoid(f.conv2d(up, w[22], w[23])))


def test_a_non_local_block_adds_nothing_at_first_and_looks_everywhere_later() -> None:
    block = fresh(lambda: NonLocal(4), rng()).double()
    x = torch.rand(1, 4, 8, 8, generator=rng(), dtype=torch.float64, requires_grad=True)
    assert torch.equal(block(x), x)
    torch.nn.init.ones_(block.back[1].weight)  # type: ignore[arg-type]
    (gradient,) = torch.autograd.grad(block(x)[0, 0, 0, 0], x)
    assert float((gradient[0].abs().sum(0) > 0).double().mean()) > 0.3
    assert gradient[0, :, 7, 7].abs().sum() > 0 or gradient[0, :, 6:, 6:].abs().sum() > 0


@pytest.mark.parametrize(
    ("scale", "corner", "beside", "middle"),
    [
        (2, 7.855865548768329e-05, 0.05059637211332276, 0.18861933182592736),
        (4, 1.1350403751475116e-06, 0.002426413496992377, 0.057461418991842386),
        (8, 1.6327752888610442e-08, 0.00011194165464698521, 0.015079022675442267),
    ],
)
def test_the_reduction_is_the_authors_lanczos_kernel(scale: int, corner: float, beside: float, middle: float) -> None:
    kernel = lanczos_kernel(scale)
    assert kernel.shape == (4 * scale, 4 * scale)
    found = [float(kernel[at]) for at in ((0, 0), (scale, scale + 1), (2 * scale, 2 * scale))]
    assert found == pytest.approx([corner, beside, middle], rel=1e-5)
    assert float(kernel.sum()) == pytest.approx(1)


def test_the_reduction_gives_what_the_authors_gives_and_keeps_straight_ramps_in_place() -> None:
    image = torch.sin(torch.arange(1152, dtype=torch.float64).reshape(1, 3, 24, 16) * 0.37)
    small = lanczos_reduce(image, 4)
    assert small.shape == (1, 3, 6, 4)
    assert float(small[0, 1, 1, 1]) == pytest.approx(-0.6129320883435588, rel=1e-6)
    assert float(small[0, 2, 0, 0]) == pytest.approx(0.8648036104079985, rel=1e-6)
    for scale in (2, 3, 4):
        ramp = torch.arange(12.0 * scale, dtype=torch.float64).expand(1, 1, 12 * scale, -1)
        middle = lanczos_reduce(ramp, scale)[0, 0, 6, 3:-3]
        expected = scale * torch.arange(3.0, 9.0, dtype=torch.float64) + (scale - 1) / 2
        torch.testing.assert_close(middle, expected)
    with pytest.raises(BadInput, match="whole scales"):
        lanczos_kernel(1)


def test_the_reductions_gradient_is_its_adjoint() -> None:
    image = torch.rand(1, 2, 12, 15, generator=rng(), dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda x: lanczos_reduce(x, 3), image, fast_mode=True)


def test_a_fit_repeats_depends_on_its_seed_and_leaves_the_world_alone() -> None:
    state = torch.random.get_rng_state()
    runs = [methods.create("dip", seed=seed, **QUICK).restore(photo(16), scale=2).image for seed in (0, 0, 1)]
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])
    assert torch.equal(torch.random.get_rng_state(), state)


def test_the_loss_falls_and_grey_stays_grey() -> None:
    grey = photo(16)[:1].expand(3, -1, -1)
    result = methods.create("dip", **{**QUICK, "steps": 60}).restore(grey, scale=2)
    losses = [loss for _, loss in result.history["loss"]]
    assert losses[-1] < 0.3 * losses[0]
    assert torch.equal(result.image[0], result.image[2])
    assert as_network("dip", scale=3, **QUICK)(photo(16)[None]).shape == (1, 3, 48, 48)


def test_the_mean_of_the_images_is_an_exponential_one_that_begins_as_a_plain_mean() -> None:
    fit = methods.dip._Fit(photo(16), (32, 32), DIP(**QUICK, average=0.5).settings, 0)
    values = [0.0, 0.4, 0.8, 0.2]
    for value in values:
        fit.remember(torch.full((3, 32, 32), value))
    assert float(fit.mean[0, 0, 0]) == pytest.approx(((0.0 + 0.4) / 2 * 0.5 + 0.8 * 0.5) * 0.5 + 0.2 * 0.5)


def test_a_stopped_fit_gives_what_there_is() -> None:
    result = methods.create("dip", **QUICK).restore(photo(16), scale=2, progress=lambda done, total: done == 2)
    assert (result.steps, result.reason, result.image.shape) == (2, "stopped by the callback", (3, 32, 32))
    at_once = methods.create("dip", preset="lesson", **QUICK).restore(photo(16), scale=2, progress=lambda *at: True)
    assert at_once.steps == 1


def test_numbers_that_explode_end_the_fit_with_the_image_before() -> None:
    result = methods.create("dip", **{**QUICK, "steps": 40}, learning_rate=1e30).restore(photo(16), scale=2)
    assert "became nan" in result.reason
    assert bool(result.image.isfinite().all())


def test_patience_ends_a_fit_where_the_images_were_calmest() -> None:
    method = methods.create("dip", **{**QUICK, "steps": 400, "jitter": 0.3}, patience=15)
    result = method.restore(photo(16), scale=2)
    assert result.reason.startswith("done: the images began to differ after step")
    variances = [value for _, value in result.history["variance"]]
    calmest = int(result.reason.split()[-1])
    assert min(variances[10:]) == variances[calmest - 1]
    assert result.steps == calmest + 16
    until_then = methods.create("dip", **{**QUICK, "steps": calmest, "jitter": 0.3, "average": 0.9})
    torch.testing.assert_close(result.image, until_then.restore(photo(16), scale=2).image)


def test_for_eight_times_the_authors_take_longer_and_more_jitter() -> None:
    settings = DIP().settings
    assert (settings.for_scale(8).steps, settings.for_scale(8).jitter) == (4000, 0.05)
    assert settings.for_scale(4) == settings
    assert DIP(steps=7).settings.for_scale(8).steps == 7


def test_what_dip_cannot_use_is_refused_with_a_hint() -> None:
    with pytest.raises(BadInput, match="at least 33 pixels"):
        methods.create("dip").restore(photo(16), scale=2)
    with pytest.raises(BadInput, match="Did you mean 'jitter'"):
        methods.create("dip", jiter=0.1)
    with pytest.raises(UnknownName, match="PAPER"):
        methods.create("dip", preset="papr")
    for wrong in ({"steps": 0}, {"average": 1.0}, {"jitter": -1.0}):
        with pytest.raises(BadInput):
            methods.create("dip", **wrong)
    with pytest.raises(BadInput):
        SkipNet(depth=0)


def test_on_noise_the_image_is_best_on_the_way_and_worse_at_the_end() -> None:
    hr = photo(32)
    lr = (srkit.ops.imresize(hr, 1 / 2) + 0.1 * torch.randn(3, 16, 16, generator=rng())).clamp(0, 1)
    result = methods.create("dip", steps=150, channels=8, depth=3, truth=hr).restore(lr, scale=2)
    curve = [value for _, value in result.history["psnr"]]
    assert 0 < curve.index(max(curve)) < len(curve) - 2
    assert max(curve) > curve[-1] + 1
