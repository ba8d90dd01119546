"""DIP-FKP: both priors, the direction in which the kernel is laid on, and whether it finds one."""

from __future__ import annotations

from typing import Any, get_args

import pytest
import torch
from torch import Tensor, nn

import srkit
from srkit import methods
from srkit.degrade import align, apply_kernel, gaussian_variances
from srkit.degrade.alignment import aligned_centre, centre_of_mass
from srkit.errors import BadFile, BadInput
from srkit.methods import DIPFKP, as_network, kernel_psnr
from srkit.methods.dip_fkp import KernelPrior, _BlindFit, _ssim_loss, kernel_net
from srkit.methods.fkp import KernelFlow, load_fkp
from srkit.models._official import weights_home
from tests._shared import shared

QUICK: dict[str, Any] = {"steps": 4, "channels": 4, "skip": 2, "depth": 3, "frozen": 1, "structural": 2}


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def flow(scale: int = 2) -> KernelFlow:
    return KernelFlow(scale=scale, rng=rng())


def photo(side: int = 64) -> Tensor:
    return srkit.datasets.samples(scale=2)[0].hr[:, 60 : 60 + side, 60 : 60 + side].contiguous()


def test_double_dips_network_of_the_kernel_has_the_parameters_of_the_authors() -> None:
    for side, parameters in ((11, 322_121), (15, 426_225), (19, 562_361)):
        net = kernel_net(side)
        assert sum(p.numel() for p in net.parameters()) == parameters
    assert float(kernel_net(11)(torch.rand(1, 200)).sum()) == pytest.approx(1, abs=1e-5)


def test_the_structural_loss_is_that_of_the_authors() -> None:
    a = torch.sin(torch.arange(1800.0).reshape(1, 3, 30, 20) * 0.37) * 0.4 + 0.5
    b = a + torch.cos(torch.arange(1800.0).reshape(1, 3, 30, 20) * 0.9) * 0.1
    assert float(_ssim_loss(a, b)) == pytest.approx(0.026416003704071045, rel=1e-3)
    assert float(_ssim_loss(a, a)) == pytest.approx(0, abs=1e-6)


def test_the_kernel_found_makes_small_by_correlation_what_the_fit_makes_small() -> None:
    lr, image = photo(24), photo(48)[None]
    fit = _BlindFit(lr, 2, DIPFKP(flow=flow(), **QUICK))
    kernel = gaussian_variances(11, 1.0, 3.0, 0.5)
    fit.kernel = kernel = kernel + 0.3 * kernel.roll(2, 0)  # without symmetry
    kernel = kernel / kernel.sum()
    for mirrored in (False, True):
        fit.settings = DIPFKP(flow=flow(), **QUICK, mirrored=mirrored).settings
        expected = apply_kernel(image, fit.found(), border="circular")[..., ::2, ::2]
        torch.testing.assert_close(fit.degrade(image, kernel.float()), expected)
    assert not torch.allclose(fit.found(), fit.found().flip(0, 1))


def test_the_kernel_waits_until_the_image_is_something_and_stays_on_its_sphere() -> None:
    fit = _BlindFit(photo(24), 2, DIPFKP(flow=flow(), **{**QUICK, "frozen": 3}))
    codes = []
    for step in range(5):
        fit.one_step(step)
        codes.append(fit.code.detach().clone())
        assert float(codes[-1].norm()) == pytest.approx(10, rel=1e-5)
    torch.testing.assert_close(codes[0], codes[2])
    assert not torch.allclose(codes[2], codes[4])


def test_double_dip_feeds_its_kernel_network_noise_up_to_a_tenth_as_its_image_network() -> None:
    fit = _BlindFit(photo(24), 2, DIPFKP(kernels="double_dip", **QUICK))
    for drawn in (fit.code, fit.noise):
        assert 0 <= float(drawn.min()) < 0.01
        assert 0.09 < float(drawn.max()) <= 0.1


class Known(nn.Module):
    """A network that has found the image already."""

    def __init__(self, image: Tensor) -> None:
        super().__init__()
        self.image, self.nothing = image, nn.Parameter(torch.zeros(()))

    def forward(self, noise: Tensor) -> Tensor:
        return self.image + 0 * self.nothing


@pytest.mark.shared
@pytest.mark.parametrize("kernels", ["flow", "softmax"])
def test_where_the_image_is_known_the_kernel_is_approached_and_lies_where_it_is_registered(kernels: Any) -> None:
    hr, truth = photo(64), align(gaussian_variances(11, 3.5, 1.0, 0.6), 2)
    lr = apply_kernel(hr, truth, border="circular")[:, ::2, ::2].to(hr)
    prior = load_fkp(shared("checkpoints/FKP_x2.pt")) if kernels == "flow" else None
    fit = _BlindFit(lr, 2, DIPFKP(flow=prior, kernels=kernels, **QUICK))
    fit.net = Known(hr[None])  # type: ignore[assignment]
    begin = fit.found()
    for step in range(120):
        fit.one_step(step)
    assert kernel_psnr(fit.found(), truth) > kernel_psnr(begin, truth) + 10
    assert centre_of_mass(fit.found()) == pytest.approx((aligned_centre(11, 2, by="correlation"),) * 2, abs=0.15)


@pytest.mark.parametrize("kernels", get_args(KernelPrior))
def test_every_prior_gives_a_kernel_of_sum_one_and_repeats(kernels: Any) -> None:
    state = torch.random.get_rng_state()
    prior = flow() if kernels == "flow" else None
    runs = [DIPFKP(flow=prior, kernels=kernels, **QUICK).restore(photo(24), scale=2) for _ in range(2)]
    assert torch.equal(runs[0].image, runs[1].image)
    found = torch.as_tensor(runs[0].kernel)
    assert found.shape == (11, 11)
    assert float(found.sum()) == pytest.approx(1)
    assert runs[0].image.shape == (3, 48, 48)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_what_was_handed_in_is_left_as_it_was() -> None:
    prior = flow().train()
    DIPFKP(flow=prior, **QUICK).restore(photo(24).double(), scale=2)
    assert prior.training
    assert all(p.requires_grad and p.dtype == torch.float32 and p.grad is None for p in prior.parameters())


def test_grey_stays_grey_and_x3_has_its_own_kernels() -> None:
    grey = photo(24)[:1].expand(3, -1, -1)
    net = as_network("dip_fkp", scale=3, flow=flow(3), **QUICK)
    sr = net(grey[None])[0]
    assert sr.shape == (3, 72, 72)
    assert torch.equal(sr[0], sr[2])
    assert net.last is not None
    assert torch.as_tensor(net.last.kernel).shape == (15, 15)


def test_it_can_be_stopped_and_survives_numbers_that_explode() -> None:
    method = methods.create("dip_fkp", flow=flow(), **{**QUICK, "steps": 90})
    result = method.restore(photo(24), scale=2, progress=lambda done, total: done == 2)
    assert (result.steps, result.reason) == (2, "stopped by the callback")
    burst = methods.create("dip_fkp", flow=flow(), **{**QUICK, "steps": 90}, learning_rate=1e30)
    result = burst.restore(photo(24), scale=2)
    assert "became nan" in result.reason
    assert bool(result.image.isfinite().all())
    assert bool(torch.as_tensor(result.kernel).isfinite().all())


def test_what_dip_fkp_cannot_use_is_refused_with_a_hint() -> None:
    with pytest.raises(BadInput, match=r"(?s)ship for x2 and x4; .*train_fkp\(scale=3"):
        methods.create("dip_fkp", **QUICK).restore(photo(24), scale=3)
    with pytest.raises(BadFile):
        methods.create("dip_fkp", flow="nowhere.pt")
    with pytest.raises(BadInput, match="for x2; x3"):
        methods.create("dip_fkp", flow=flow(), **QUICK).restore(photo(24), scale=3)
    with pytest.raises(BadInput, match="at least 33 pixels"):
        methods.create("dip_fkp", flow=flow()).restore(photo(16), scale=2)
    for wrong in ({"kernels": "splines"}, {"steps": 0}, {"frozen": -1}):
        with pytest.raises(BadInput):
            methods.create("dip_fkp", flow=flow(), **wrong)


@pytest.mark.parametrize("scale", [2, 4])
def test_without_a_prior_the_one_that_ships_is_taken(scale: int) -> None:
    shipped = load_fkp(weights_home() / "priors" / f"fkp_x{scale}.safetensors")
    runs = [
        methods.create("dip_fkp", **given, **QUICK).restore(photo(24), scale=scale) for given in ({}, {"flow": shipped})
    ]
    assert torch.equal(runs[0].image, runs[1].image)
    assert not torch.equal(runs[0].image, DIPFKP(flow=flow(scale), **QUICK).restore(photo(24), scale=scale).image)
