"""Blind training: every patch with a kernel of its own, and a network that is judged by the kernel it finds too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from scipy import ndimage

import srkit
from srkit.datasets import Made, samples
from srkit.datasets.makers import BlurKernels
from srkit.degrade import gaussian_widths
from srkit.errors import BadInput
from srkit.papers import kxnet_recipe
from srkit.papers.blind import RandomKernels
from srkit.training import resume, train

SMALL = {"tiny": True, "kernel_size": 11}


def batches(*, seed: int = 0, **settings: Any) -> Made:
    maker = BlurKernels(2, size=11, **settings)
    return Made.of(srkit.datasets.samples(scale=2), maker, patch=32, batch=4, seed=seed)


def test_the_batches_of_lesson_14_can_be_had_under_their_former_name() -> None:
    then = RandomKernels(srkit.datasets.samples(scale=2), size=11, patch=32, batch=4, family="anisotropic")
    for one, other in zip(then.batch(3)[:2], batches(family="anisotropic").batch(3)[:2], strict=True):
        assert torch.equal(one, other)


def test_a_patch_is_blurred_by_the_kernel_that_comes_with_it() -> None:
    lr, hr, condition = batches(family="anisotropic").batch(3)
    for one in range(4):
        blurred = ndimage.correlate(
            hr[one].double().numpy(), condition["kernel"][one].double()[None].numpy(), mode="mirror"
        )
        off = (lr[one].double() - torch.from_numpy(blurred[:, ::2, ::2].copy())).abs().max()
        assert off <= 0.5 / 255 + 1e-6, "8-bit rounding and nothing else"


def test_kernels_differ_within_a_batch_and_return_with_seed_and_step() -> None:
    first, again, other = batches().batch(5)[2], batches().batch(5)[2], batches(seed=1).batch(5)[2]
    assert torch.equal(first["kernel"], again["kernel"])
    assert not torch.equal(first["kernel"], other["kernel"])
    assert (first["kernel"][0] - first["kernel"][1]).abs().max() > 0.01


def test_widths_are_those_of_the_paper_unless_given() -> None:
    assert BlurKernels(2).widths == (0.2, 2.0)
    assert BlurKernels(2, family="anisotropic").widths == (0.6, 5.0)
    kernels = batches(widths=(1.0, 1.0)).batch(0)[2]["kernel"]
    torch.testing.assert_close(kernels[0].double(), gaussian_widths(11, 1.0), atol=1e-7, rtol=0)


def test_image_and_kernel_are_supervised_at_every_stage(tmp_path: Path) -> None:
    data = srkit.datasets.samples(scale=2)
    net = srkit.models.create("kxnet", scale=2, **SMALL)
    run = train(net, data, steps=2, patch=16, batch=2, out=tmp_path, progress=False)
    row = dict(
        zip(*(line.split(",") for line in (tmp_path / "history.csv").read_text("utf-8").splitlines()[:2]), strict=True)
    )
    names = [f"stage {stage} {what}" for stage in (1, 2) for what in ("L1", "kernel")]
    assert all(float(row[name]) > 0 for name in names)
    assert float(row["loss"]) == pytest.approx(sum(float(row[name]) for name in names), rel=1e-5)
    assert run.net.kernel_steps[0].last.weight.grad.abs().max() > 0


def test_a_blind_training_resumes_bit_for_bit_by_its_name(tmp_path: Path) -> None:
    def begun(steps: int, **more: Any) -> dict[str, torch.Tensor]:
        torch.manual_seed(0)
        net = srkit.models.create("kxnet_anisotropic", scale=2, **SMALL)
        return train(net, "samples", scale=2, steps=steps, patch=16, batch=2, progress=False, **more).net.state_dict()

    whole, half = begun(4), begun(2, out=tmp_path)
    rest = resume(tmp_path, steps=4, progress=False).net.state_dict()
    for name, weight in whole.items():
        assert torch.equal(weight, rest[name]), name
    assert not torch.equal(half["image_maps"], whole["image_maps"])


def test_validation_images_are_blurred_like_those_of_the_training() -> None:
    net = srkit.models.create("kxnet", scale=2, **SMALL)
    settings: dict[str, Any] = {"steps": 1, "patch": 16, "batch": 2, "learning_rate": 1e-12, "progress": False}
    one = samples(scale=2)[:1]
    scores = [
        train(net, "samples", valid=one, maker=f"blur_kernels(widths={width}..{width})", **settings).best.psnr
        for width in (0.3, 2.0)
    ]
    assert scores[0] > scores[1] + 1


def test_the_recipe_trains_kxnet() -> None:
    recipe = {**kxnet_recipe(scale=2), "patch": 16, "batch": 2}
    net = srkit.models.create("kxnet", scale=2, **SMALL)
    assert "stage 1 kernel" in train(net, "samples", steps=1, progress=False, **recipe).history.terms


def test_kernels_of_another_kind_are_refused() -> None:
    with pytest.raises(BadInput, match="'round' or 'anisotropic'"):
        batches(family="square")
