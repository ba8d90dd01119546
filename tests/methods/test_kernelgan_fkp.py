"""KernelGAN-FKP: the discriminator, its penalty beside a calculation by hand, and a training with a known kernel."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

import srkit
from srkit import methods
from srkit.degrade.alignment import aligned_centre, centre_of_mass
from srkit.errors import BadInput
from srkit.methods._fresh import fresh
from srkit.methods.fkp import KernelFlow, load_fkp
from srkit.methods.kernelgan_fkp import KernelGANDiscriminator, KernelGANFKP, _Training, gradient_penalty
from srkit.models._official import weights_home
from srkit.models.count import living_at_once

QUICK: dict[str, Any] = {"steps": 2, "batch": 2, "channels": 4, "crop": 40, "then": "back_projection"}


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def flow(scale: int = 2) -> KernelFlow:
    return KernelFlow(scale=scale, rng=rng())


def photo(side: int = 64) -> Tensor:
    return srkit.datasets.samples(scale=2)[0].hr[:, 60 : 60 + side, 60 : 60 + side].contiguous()


def test_the_critic_has_the_parameters_and_the_reach_of_the_authors() -> None:
    discriminator = fresh(KernelGANDiscriminator, rng())
    assert sum(p.numel() for p in discriminator.parameters()) == 29_185
    assert discriminator(torch.rand(2, 3, 27, 27)).shape == (2, 1, 17, 17)
    weights = torch.cat([m.weight.detach().flatten() for m in discriminator.modules() if isinstance(m, nn.Conv2d)])
    assert float(weights.std()) == pytest.approx(0.02, rel=0.05)


def test_the_penalty_is_how_much_the_gradients_length_over_colours_misses_one() -> None:
    class Plane(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return 3 * x[:, :1] + 4 * x[:, 1:2]

    real, fake = torch.rand(2, 3, 5, 5, generator=rng()), torch.rand(2, 3, 5, 5, generator=rng(1))
    assert float(gradient_penalty(Plane(), real, fake, torch.tensor(0.3))) == pytest.approx((5 - 1) ** 2)

    class Square(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.square().sum(1, keepdim=True)

    between = 0.3 * real + 0.7 * fake
    expected = (2 * between.norm(dim=1) - 1).square().mean()
    torch.testing.assert_close(gradient_penalty(Square(), real, fake, torch.tensor(0.3)), expected)


def test_the_memory_of_a_batch_is_foreseen_from_the_maps_of_the_discriminator() -> None:
    method = KernelGANFKP(flow=flow(), preset="LESSON", batch=2)
    needed = living_at_once(_Training(photo(96), method.flow, method.settings, 0).one_step)
    assert needed <= method.batch_bytes() <= 2 * needed  # 1.45 times


def test_only_the_code_moves_on_the_kernels_side_and_it_stays_on_the_sphere() -> None:
    prior = KernelGANFKP(flow=flow(), **QUICK).flow
    before = {name: value.clone() for name, value in prior.state_dict().items()}
    training = _Training(photo(64), prior, KernelGANFKP(flow=flow(), **QUICK).settings, 0)
    code, discriminator = training.code.detach().clone(), next(training.discriminator.parameters()).detach().clone()
    values = training.one_step()
    assert set(values) == {"discriminator", "fooling"}
    assert float(training.code.detach().norm()) == pytest.approx(10, rel=1e-5)
    assert not torch.equal(training.code.detach(), code)
    assert not torch.equal(next(training.discriminator.parameters()), discriminator)
    assert all(torch.equal(value, before[name]) for name, value in prior.state_dict().items())


def test_each_side_gets_better_at_what_it_is_for(monkeypatch: pytest.MonkeyPatch) -> None:
    training = _Training(photo(64), flow().frozen(), KernelGANFKP(flow=flow(), **QUICK).settings, 0)
    crops = {which: training._crops(which) for which in ("large", "small")}
    monkeypatch.setattr(training, "_crops", lambda which: crops[which])
    fake = training._reduce(crops["large"]).detach()

    def told_apart() -> float:
        return float((training.discriminator(crops["small"]).mean() - training.discriminator(fake).mean()).detach())

    before = told_apart()
    for _ in range(5):
        training._teach_discriminator(crops["small"], fake)
    assert told_apart() > before
    training.adam.param_groups[0]["lr"] = 0.0  # the kernel's side plays alone
    fooled = []
    for _ in range(4):
        fooled.append(float(training.discriminator(training._reduce(crops["large"])).mean().detach()))
        training.one_step()
    assert fooled == sorted(fooled)
    assert fooled[0] < fooled[-1]


def test_crops_are_made_small_by_the_kernel() -> None:
    training = _Training(photo(64), flow().frozen(), KernelGANFKP(flow=flow(), **QUICK).settings, 0)
    large = training._crops("large")
    small = training._reduce(large).detach()
    kernel = training.kernel().detach()
    assert float(small[1, 2, 3, 4]) == pytest.approx(float((large[1, 2, 6:17, 8:19] * kernel).sum()), rel=1e-4)
    assert training._crops("small").shape == small.shape


def test_a_run_repeats_and_the_kernel_found_is_registered() -> None:
    state = torch.random.get_rng_state()
    runs = [methods.create("kernelgan_fkp", flow=flow(), **QUICK).restore(photo(64), scale=2) for _ in range(2)]
    kernel = torch.as_tensor(runs[0].kernel)
    assert torch.equal(kernel, torch.as_tensor(runs[1].kernel))
    assert float(kernel.sum()) == pytest.approx(1)
    expected = aligned_centre(kernel.shape[-1], 2, by="correlation")
    assert centre_of_mass(kernel) == pytest.approx((expected, expected), abs=1e-4)
    assert runs[0].image.shape == (3, 128, 128)
    assert torch.equal(torch.random.get_rng_state(), state)


def test_grey_and_x4_work_too() -> None:
    grey = photo(64)[:1].expand(3, -1, -1)
    result = methods.create("kernelgan_fkp", flow=flow(), **QUICK).restore(grey, scale=4)
    assert result.image.shape == (3, 256, 256)
    torch.testing.assert_close(result.image[0], result.image[2])


def test_it_can_be_stopped_and_survives_numbers_that_explode() -> None:
    method = methods.create("kernelgan_fkp", flow=flow(), **{**QUICK, "steps": 50})
    result = method.restore(photo(64), scale=2, progress=lambda done, total: done == 1)
    assert (result.steps, result.reason) == (1, "stopped by the callback")
    burst = methods.create("kernelgan_fkp", flow=flow(), **{**QUICK, "steps": 50}, learning_rate=1e30)
    result = burst.restore(photo(64), scale=2)
    assert "became" in result.reason
    assert bool(torch.as_tensor(result.kernel).isfinite().all())


def test_without_a_prior_the_one_that_ships_is_taken() -> None:
    shipped = load_fkp(weights_home() / "priors" / "fkp_x2.safetensors").state_dict()
    taken = KernelGANFKP(**QUICK).flow.state_dict()
    assert all(torch.equal(value, shipped[key]) for key, value in taken.items())


def test_what_kernelgan_fkp_cannot_use_is_refused_with_a_hint() -> None:
    with pytest.raises(BadInput, match="also for x4"):
        methods.create("kernelgan_fkp", flow=flow(4))
    with pytest.raises(BadInput, match="at least 84"):
        methods.create("kernelgan_fkp", flow=flow()).restore(photo(64), scale=2)
    for wrong in ({"batch": 0}, {"crop": 32}, {"penalty": -1}, {"then": "magic"}):
        with pytest.raises(BadInput):
            methods.create("kernelgan_fkp", flow=flow(), **wrong)
