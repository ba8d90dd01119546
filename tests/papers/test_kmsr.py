"""KMSR's training beside SciPy's convolution, and what it is good for on kernels that were never seen."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import scipy.ndimage
import torch
from torch import Tensor

import srkit
from srkit.datasets import Made, Pairs
from srkit.datasets.degraded import at_scale
from srkit.datasets.makers import KernelPool
from srkit.degrade import gaussian_widths, save_pool
from srkit.errors import BadInput
from srkit.papers import kmsr_recipe
from srkit.training import resume, train


def tiny() -> torch.nn.Module:
    torch.manual_seed(0)
    return srkit.models.create("kmsr", scale=2, tiny=True)


def pool(count: int, seed: int) -> Tensor:
    drawn = torch.rand(count, 3, generator=torch.Generator().manual_seed(seed)).tolist()
    return torch.stack([gaussian_widths(13, 1.2 + a, 1.2 + b, math.pi * c) for a, b, c in drawn])


def samples(scale: int = 2) -> Pairs:
    return srkit.datasets.samples(scale=scale)


def test_the_network_sharpens_what_scipy_has_blurred() -> None:
    kernel = torch.zeros(5, 5, dtype=torch.float64)
    kernel[2, 1], kernel[2, 2] = 0.25, 0.75
    seen: list[tuple[Tensor, Tensor]] = []

    def loss(sr: Tensor, hr: Tensor) -> Tensor:
        seen.append((sr.detach(), hr))
        return (sr - hr).square().mean()

    batches = Made.of(at_scale(samples(), 1), KernelPool(kernel[None]), patch=16, batch=2)
    run = train(tiny(), batches, steps=1, loss=loss, learning_rate=1e-12, progress=False)
    lr, hr, condition = batches.batch(0)
    assert condition == {"enlarged": True}
    assert torch.equal(seen[0][1], hr)
    torch.testing.assert_close(seen[0][0], run.net.sharpen(lr), atol=1e-5, rtol=0)
    theirs = scipy.ndimage.convolve(hr[0].double().numpy(), kernel.numpy()[None], mode="nearest")[:, 2:-2, 2:-2]
    assert abs(theirs - lr[0, :, 2:-2, 2:-2].double().numpy()).max() <= 0.5 / 255 + 1e-6
    assert run.net.scale == 2
    assert run.net(torch.rand(1, 3, 8, 9)).shape == (1, 3, 16, 18)


def test_the_recipes_are_the_authors_and_a_small_one(tmp_path: Path) -> None:
    full, small = kmsr_recipe(epoch=100), kmsr_recipe(save_pool(tmp_path / "pool", pool(2, 0)), small=True)
    assert full == {
        "loss": "1*MSE", "patch": 128, "batch": 16, "learning_rate": 1e-3, "weight_decay": 1e-5,
        "schedule": "halve@3000", "gamma": 0.1,
    }  # fmt: skip
    run = train(tiny(), "samples", steps=2, progress=False, **small)
    assert run.config.patch == small["patch"]
    assert run.config.weight_decay == 1e-5


def test_a_run_on_a_stored_pool_is_that_on_its_kernels_and_resumes_by_its_name(tmp_path: Path) -> None:
    stored = save_pool(tmp_path / "pool", pool(3, 0))
    rate = {"patch": 16, "batch": 2, "progress": False}
    named = train(tiny(), "samples", steps=2, maker=f'kernel_pool("{stored}")', out=tmp_path / "run", **rate)  # type: ignore[arg-type]
    held = Made.of(at_scale(samples(), 1), KernelPool(pool(3, 0)), patch=16, batch=2)
    for one, other in zip(named.net.parameters(), train(tiny(), held, steps=2, **rate).net.parameters(), strict=True):  # type: ignore[arg-type]
        torch.testing.assert_close(one, other)
    assert resume(tmp_path / "run", steps=3, progress=False).steps == 3


def test_what_cannot_be_trained_is_explained() -> None:
    with pytest.raises(BadInput, match="sharpens an enlarged image"):
        train("espcn", "samples", scale=2, steps=1, maker='kernel_pool("pool")')
    with pytest.raises(BadInput, match=r"needs path: give maker='kernel_pool\(path=…\)'"):
        train(tiny(), "samples", steps=1)
    with pytest.raises(BadInput, match="holds no kernel"):
        KernelPool(torch.empty(0, 5, 5))
