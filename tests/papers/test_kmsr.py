"""KMSR's training beside SciPy's convolution, and what it is good for on kernels that were never seen."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import scipy.ndimage
import torch
from torch import Tensor

import srkit
from srkit.datasets import Pairs, degraded
from srkit.degrade import gaussian_widths, pool_blur, save_pool
from srkit.errors import BadInput
from srkit.papers import kmsr_recipe, train_kmsr

TINY = {"tiny": True}


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

    rate = {"patch": 16, "batch": 2, "learning_rate": 1e-12}
    run = train_kmsr(samples(), kernel[None], steps=1, loss=loss, arguments=TINY, progress=False, **rate)
    patches = srkit.datasets.DegradedPatches(samples(1), pool_blur(kernel[None]), patch=16, batch=2, margin=2)
    lr, hr = patches.batch(0)
    assert torch.equal(seen[0][1], hr)
    torch.testing.assert_close(seen[0][0], run.net.sharpen(lr), atol=1e-5, rtol=0)
    theirs = scipy.ndimage.convolve(hr[0].double().numpy(), kernel.numpy()[None], mode="nearest")[:, 2:-2, 2:-2]
    assert abs(theirs - lr[0, :, 2:-2, 2:-2].double().numpy()).max() <= 0.5 / 255 + 1e-6
    assert run.net.scale == 2
    assert run.net(torch.rand(1, 3, 8, 9)).shape == (1, 3, 16, 18)


def test_the_recipes_are_the_authors_and_a_small_one() -> None:
    full, small = kmsr_recipe(epoch=100), kmsr_recipe(small=True)
    assert full == {
        "loss": "1*MSE", "patch": 128, "batch": 16, "learning_rate": 1e-3, "weight_decay": 1e-5,
        "schedule": "halve@3000", "gamma": 0.1,
    }  # fmt: skip
    run = train_kmsr(samples(), pool(2, 0), steps=2, progress=False, **small)
    assert run.config.patch == small["patch"]
    assert run.config.weight_decay == 1e-5


def test_a_pool_on_disk_gives_the_same_weights(tmp_path: Path) -> None:
    stored = save_pool(tmp_path / "pool", pool(3, 0))
    rate = {"steps": 2, "patch": 16, "batch": 2, "arguments": TINY, "progress": False}
    nets = [train_kmsr(samples(), given, **rate).net for given in (pool(3, 0), stored)]
    for one, other in zip(nets[0].parameters(), nets[1].parameters(), strict=True):
        torch.testing.assert_close(one, other)


def test_what_cannot_be_trained_is_explained() -> None:
    with pytest.raises(BadInput, match="sharpens an enlarged image"):
        train_kmsr(samples(), pool(1, 0), steps=1, net="espcn")
    with pytest.raises(BadInput, match="holds no kernel"):
        train_kmsr(samples(), torch.empty(0, 5, 5), steps=1)


@pytest.mark.slow
def test_a_network_trained_on_a_pool_wins_a_decibel_on_kernels_it_has_not_seen() -> None:
    learn, test = samples()[1:], degraded(samples(1)[:1], pool_blur(pool(6, 9)))
    small = {**kmsr_recipe(small=True), "progress": False, "steps": 400}
    bicubic = {name: value for name, value in small.items() if name != "arguments"}
    ours = train_kmsr(learn, pool(12, 0), **small).net
    twin = srkit.train(srkit.models.create("kmsr", scale=2, tiny=True), learn, **bicubic).net
    scores = []
    for net in (ours, twin):
        net.scale = 1
        scores.append(srkit.evaluate(net, test).mean.psnr)
    assert scores[0] > scores[1] + 1
