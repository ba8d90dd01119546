"""SRMD's batches on the ordinary loop: the codes belong to the kernel, and telling them pays."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from scipy import ndimage

import srkit
from srkit.datasets import Made, samples
from srkit.datasets.makers import GaussianCodes, KernelsAndNoise
from srkit.degrade import apply_kernel, gaussian_widths, pca_basis, srmd_basis
from srkit.errors import BadInput
from srkit.ops.pixels import quantise
from srkit.ops.resize import imresize
from srkit.training import resume, train


def basis() -> torch.Tensor:
    widths = torch.linspace(0.2, 3.0, 60).tolist()
    return pca_basis(torch.stack([gaussian_widths(15, width) for width in widths]), components=15)


def test_each_patch_comes_with_the_code_of_its_own_kernel_and_its_noise() -> None:
    batches = Made.of(samples(scale=2), GaussianCodes(2, basis(), noise=25), patch=24, batch=3, seed=1)
    lr, hr, condition = batches.batch(4)
    assert (lr.shape, hr.shape) == ((3, 3, 12, 12), (3, 3, 24, 24))
    codes = condition["degradation"]
    assert (codes.shape, codes.dtype) == ((3, 16), torch.float32)
    assert 0 <= float(codes[:, 15].min()) <= float(codes[:, 15].max()) <= 25 / 255
    assert not torch.equal(codes[0], codes[1])
    assert torch.equal(batches.batch(4)[0], lr)
    kernel = codes[0, :15].double() @ basis()
    assert float(kernel.sum()) == pytest.approx(1, abs=0.05)  # a code is a kernel again


def test_the_noise_a_network_is_told_is_a_level_over_255() -> None:
    kernel = gaussian_widths(15, 1.3)
    for maker, name in ((GaussianCodes(2, basis(), noise=25), "degradation"), (KernelsAndNoise(2), "noise")):
        told = [torch.as_tensor(maker.condition(kernel, level)[name]).flatten()[-1] for level in (None, 12.75)]
        assert [float(one) for one in told] == pytest.approx([0, 0.05])


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_rim_is_as_wide_as_the_kernel_and_bicubic_reach_together(scale: int) -> None:
    margin = GaussianCodes(scale, basis()).margin
    assert margin >= 15 // 2 + 2 * scale
    assert margin % scale == 0


def test_usrnets_images_are_scipys_convolution_round_the_border() -> None:
    hr = samples(scale=2)[0].hr[:, 40:64, 40:72].double()
    lr, told = KernelsAndNoise(2, size=9, noise=0)(hr, torch.Generator().manual_seed(1))
    kernel = told["kernel"][0].double()
    assert not torch.allclose(kernel, kernel.flip(0, 1), atol=1e-3)
    expected = ndimage.convolve(hr.numpy(), kernel[None].numpy(), mode="wrap")[:, ::2, ::2]
    assert float((lr - torch.from_numpy(expected.copy())).abs().max()) <= 0.5 / 255 + 1e-6


class _Remembering(GaussianCodes):
    """Remembers the kernels it drew."""

    def kernel(self, rng: torch.Generator) -> torch.Tensor:
        self.drawn = [*getattr(self, "drawn", []), super().kernel(rng)]
        return self.drawn[-1]


def test_a_patch_is_the_same_part_of_the_whole_image_degraded() -> None:
    """The rim that is cut off again is wide enough: the patch knows nothing of where it was cut."""
    maker = _Remembering(2, basis(), widths=(2.5, 3.0))
    lr, hr, _ = Made.of(samples(scale=2)[:1], maker, patch=24, batch=2, seed=3).batch(0)
    image = samples(scale=2)[0].hr
    for kernel, small, large in zip(maker.drawn, lr, hr, strict=True):
        found = 0
        for turned in (image.flip(dims) for dims in ((), (1,), (2,), (1, 2))):
            for upright in (turned, turned.transpose(1, 2)):
                places = (upright.unfold(1, 24, 2).unfold(2, 24, 2)[0] == large[0]).all((-1, -2)).nonzero()
                for top, left in places.tolist():
                    whole = quantise(imresize(apply_kernel(upright, kernel), 1 / 2))
                    part = whole[:, top : top + 12, left : left + 12]
                    found += float((part - small).abs().max()) < 1.5 / 255
        assert found >= 1


def test_without_a_blur_every_patch_is_told_the_code_of_a_single_pixel() -> None:
    maker = GaussianCodes(2, srmd_basis(), family="none")
    lr, hr, condition = Made.of(samples(scale=2), maker, patch=24, batch=2, seed=1).batch(0)
    assert torch.allclose(condition["degradation"][0].double(), srmd_basis()[:, 112], atol=1e-6)  # the middle of 225
    assert torch.allclose(imresize(hr, 1 / 2)[..., 3:-3, 3:-3], lr[..., 3:-3, 3:-3], atol=1 / 255)
    with pytest.raises(BadInput, match="'none'"):
        GaussianCodes(2, srmd_basis(), family="oval")


@pytest.mark.parametrize("name", ["srmd", "srmdnf", "srmd_small", "sftmd"])
def test_a_conditional_run_goes_on_by_its_name_as_if_it_had_not_been_stopped(name: str, tmp_path: Path) -> None:
    given = {"scale": 2, "patch": 16, "batch": 2, "progress": False}

    def begun(steps: int, folder: str) -> dict[str, torch.Tensor]:
        torch.manual_seed(0)
        net = srkit.models.create(name, scale=2, tiny=True)
        return train(net, "samples", steps=steps, out=tmp_path / folder, **given).net.state_dict()  # type: ignore[arg-type]

    whole, half = begun(4, "a"), begun(2, "b")
    again = resume(tmp_path / "b", steps=4, progress=False).net.state_dict()
    for key, value in whole.items():
        assert torch.equal(value, again[key]), key
        assert not torch.equal(value, half[key]), "two more steps move every weight"
