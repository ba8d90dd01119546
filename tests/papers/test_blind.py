"""Blind training: every patch with a kernel of its own, and a network that is judged by the kernel it finds too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from scipy import ndimage

import srkit
from srkit.degrade import apply_kernel, gaussian_widths
from srkit.errors import BadInput
from srkit.ops.pixels import quantise
from srkit.ops.resize import imresize
from srkit.papers import RandomKernels, kxnet_recipe, train_blind
from srkit.training import resume

SMALL = {"tiny": True, "kernel_size": 11}


def batches(**settings: Any) -> RandomKernels:
    return RandomKernels(srkit.datasets.samples(scale=2), size=11, patch=32, batch=4, **settings)


def test_a_patch_is_blurred_by_the_kernel_that_comes_with_it() -> None:
    lr, hr, extra = batches(family="anisotropic").batch(3)
    for one in range(4):
        blurred = ndimage.correlate(
            hr[one].double().numpy(), extra["kernel"][one].double()[None].numpy(), mode="mirror"
        )
        off = (lr[one].double() - torch.from_numpy(blurred[:, ::2, ::2].copy())).abs().max()
        assert off <= 0.5 / 255 + 1e-6, "8-bit rounding and nothing else"


def test_kernels_differ_within_a_batch_and_return_with_seed_and_step() -> None:
    first, again, other = batches().batch(5)[2], batches().batch(5)[2], batches(seed=1).batch(5)[2]
    assert torch.equal(first["kernel"], again["kernel"])
    assert not torch.equal(first["kernel"], other["kernel"])
    assert (first["kernel"][0] - first["kernel"][1]).abs().max() > 0.01


def test_widths_are_those_of_the_paper_unless_given() -> None:
    assert batches().widths == (0.2, 2.0)
    assert batches(family="anisotropic").widths == (0.6, 5.0)
    kernels = batches(widths=(1.0, 1.0)).batch(0)[2]["kernel"]
    torch.testing.assert_close(kernels[0].double(), gaussian_widths(11, 1.0), atol=1e-7, rtol=0)


def test_image_and_kernel_are_supervised_at_every_stage(tmp_path: Path) -> None:
    data = srkit.datasets.samples(scale=2)
    run = train_blind(data, steps=2, patch=16, batch=2, arguments=SMALL, out=tmp_path, progress=False)
    row = dict(
        zip(*(line.split(",") for line in (tmp_path / "history.csv").read_text("utf-8").splitlines()[:2]), strict=True)
    )
    names = [f"stage {stage} {what}" for stage in (1, 2) for what in ("L1", "kernel")]
    assert all(float(row[name]) > 0 for name in names)
    assert float(row["loss"]) == pytest.approx(sum(float(row[name]) for name in names), rel=1e-5)
    assert run.net.kernel_steps[0].last.weight.grad.abs().max() > 0


def test_a_blind_training_resumes_bit_for_bit(tmp_path: Path) -> None:
    data = srkit.datasets.samples(scale=2)
    settings: dict[str, Any] = {"patch": 16, "batch": 2, "arguments": SMALL, "progress": False}
    whole = train_blind(data, steps=4, **settings)
    train_blind(data, steps=2, out=tmp_path, **settings)
    net = srkit.models.create("kxnet", scale=2, **SMALL)
    rest = resume(tmp_path, net=net, pairs=RandomKernels(data, size=11, patch=16, batch=2), steps=4, progress=False)
    for name, weight in whole.net.state_dict().items():
        assert torch.equal(weight, rest.net.state_dict()[name]), name


def test_the_recipe_fits_train_blind() -> None:
    recipe = {**kxnet_recipe(scale=2), "patch": 16, "batch": 2}
    assert (
        train_blind(srkit.datasets.samples(scale=2), steps=1, arguments=SMALL, progress=False, **recipe).net.scale == 2
    )


def test_a_network_without_a_kernel_is_refused() -> None:
    with pytest.raises(BadInput, match="'srcnn' estimates no kernel"):
        train_blind(srkit.datasets.samples(scale=2), steps=1, net="srcnn")
    with pytest.raises(BadInput, match="'round' or 'anisotropic'"):
        batches(family="square")


@pytest.mark.slow
def test_a_small_kxnet_beats_registered_bicubic_and_its_first_kernel_on_an_unseen_image() -> None:
    """150 steps with two stages: the image gains at every width. The kernel found hardly depends on the image yet."""
    pairs = srkit.datasets.samples(scale=2)
    run = train_blind(
        pairs[:4], steps=150, patch=32, batch=6, learning_rate=2e-3, arguments=SMALL, progress=False, schedule="cosine"
    )
    net: Any = run.net.eval()
    protocol, hr = srkit.Protocol(channel="y", border=4), pairs[4].hr
    ours, start = [], []
    for width in (0.8, 1.2, 1.6):
        kernel = gaussian_widths(11, width)
        lr, registered = (
            quantise(apply_kernel(hr, kernel, border="reflect", aligned=by)[..., ::2, ::2]) for by in (1, 2)
        )
        with torch.no_grad():
            sr, found = net.stages(lr[None])[-1]
        bicubic = srkit.metrics.psnr(imresize(registered, 2), hr, protocol=protocol)
        assert srkit.metrics.psnr(sr[0], hr, protocol=protocol) > bicubic + 0.1
        ours.append(float((found[0] - kernel).abs().sum()))
        start.append(float((net.start - kernel).abs().sum()))
    assert sum(ours) < sum(start)
