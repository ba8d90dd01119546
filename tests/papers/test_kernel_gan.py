"""The kernel generator: the authors' sizes, kernels by construction, and what it learns of a pool."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from srkit.degrade import gaussian_widths, save_pool
from srkit.degrade.pool import check_pool
from srkit.errors import BadFile, BadInput
from srkit.methods.kernel_score import covariance
from srkit.papers import grow_pool, train_kernel_gan
from srkit.papers.kernel_gan import KernelDiscriminator, KernelGenerator, PoolBatches


def pool(count: int = 40) -> Tensor:
    drawn = torch.rand(count, 3, generator=torch.Generator().manual_seed(3)).tolist()
    return torch.stack([gaussian_widths(17, 1.0 + 1.2 * a, 1.0 + 1.2 * b, math.pi * c) for a, b, c in drawn])


def spread(kernels: Tensor) -> Tensor:
    """Return the two variances along rows and columns of each kernel, added up."""
    return torch.stack([covariance(kernel).trace() for kernel in kernels])


def test_both_networks_have_the_parameters_of_the_authors() -> None:
    assert sum(p.numel() for p in KernelGenerator().parameters()) == 12_133_698
    assert sum(p.numel() for p in KernelDiscriminator().parameters()) == 10_504_449


@pytest.mark.parametrize("size", [17, 25, 31])
def test_what_is_made_are_kernels_before_any_training(size: int) -> None:
    generator = KernelGenerator(size=size, codes=7, channels=4)
    made = generator(torch.randn(3, 7, 1, 1))
    assert made.shape == (3, 1, size, size)
    torch.testing.assert_close(made.sum((1, 2, 3)), torch.full((3,), float(size)))
    assert KernelDiscriminator(size=size, channels=4)(made).shape == (3, 1, 1, 1)
    grown = check_pool(grow_pool(generator, 5))
    assert grown.shape == (5, size, size)
    assert float(grown.min()) > 0
    assert torch.equal(grown, grow_pool(generator, 5))
    assert not torch.equal(grown, grow_pool(generator, 5, seed=1))
    assert generator.training, "asking for kernels leaves it as it was"


def test_a_batch_holds_kernels_of_the_pool_times_their_side() -> None:
    batches = PoolBatches(pool(4), codes=9, batch=32, seed=1)
    codes, real, condition = batches.batch(6)
    assert condition == {}
    assert codes.shape == (32, 9, 1, 1)
    exactly = "donot_use_mm_for_euclid_dist"
    distance = torch.cdist(real.flatten(1) / 17, pool(4).float().flatten(1), compute_mode=exactly)
    assert float(distance.min(1).values.max()) < 1e-6
    assert set(distance.argmin(1).tolist()) == {0, 1, 2, 3}
    assert torch.equal(codes, batches.batch(6)[0])
    assert not torch.equal(codes, batches.batch(7)[0])


def test_both_sides_learn_and_the_same_seed_makes_the_same_kernels(tmp_path: object) -> None:
    runs = [train_kernel_gan(pool(6), steps=2, codes=5, channels=2, batch=4, progress=False) for _ in range(2)]
    assert torch.equal(grow_pool(runs[0].net, 3), grow_pool(runs[1].net, 3))
    assert {"WGAN_GP", "discriminator"} <= set(runs[0].history.columns)


def test_small_kernels_get_room_and_wrong_pools_are_explained(tmp_path: object) -> None:
    small = torch.stack([gaussian_widths(9, 1.0), gaussian_widths(9, 1.5)])
    run = train_kernel_gan(save_pool(f"{tmp_path}/pool", small), steps=1, codes=5, channels=2, batch=4, progress=False)
    assert grow_pool(run.net, 1).shape == (1, 17, 17)
    with pytest.raises(BadInput, match="17 to 31"):
        train_kernel_gan(gaussian_widths(33, 2.0)[None], steps=1)
    with pytest.raises(BadInput, match="holds no kernel"):
        train_kernel_gan(torch.empty(0, 17, 17), steps=1)
    with pytest.raises(BadFile, match="There is no pool"):
        train_kernel_gan(f"{tmp_path}/nowhere", steps=1)
    with pytest.raises(BadInput, match="KernelGenerator"):
        grow_pool(nn.Identity(), 3)
