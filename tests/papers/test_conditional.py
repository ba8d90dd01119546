"""SRMD's recipe on the ordinary loop: the codes belong to the kernel, and telling them pays."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from srkit.datasets import samples
from srkit.degrade import apply_kernel, gaussian_widths, pca_basis, srmd_basis, srmd_code
from srkit.errors import BadInput
from srkit.evaluation import Told, evaluate, mismatch
from srkit.ops.pixels import quantise
from srkit.ops.resize import imresize
from srkit.papers import KnownDegradations, Packed, prepare_conditional, train_conditional
from srkit.training import resume, train
from tests._shared import shared


def basis() -> torch.Tensor:
    widths = torch.linspace(0.2, 3.0, 60).tolist()
    return pca_basis(torch.stack([gaussian_widths(15, width) for width in widths]), components=15)


def test_each_patch_comes_with_the_code_of_its_own_kernel_and_its_noise() -> None:
    batches = KnownDegradations(samples(scale=2), basis(), sigma=25, patch=24, batch=3, seed=1)
    lr, hr = batches.batch(4)
    assert (lr.shape, hr.shape) == ((3, 3 + 16, 12, 12), (3, 3, 24, 24))
    codes = lr[:, 3:]
    assert torch.equal(codes, codes[..., :1, :1].expand_as(codes))  # constant maps
    assert 0 <= float(codes[:, 15].min()) <= float(codes[:, 15].max()) <= 25 / 255
    assert not torch.equal(codes[0], codes[1])
    assert torch.equal(batches.batch(4)[0], lr)
    kernel = codes[0, :15, 0, 0].double() @ basis()
    assert float(kernel.sum()) == pytest.approx(1, abs=0.05)  # a code is a kernel again


class _Whole(KnownDegradations):
    """Remembers the kernels it drew."""

    def _kernel(self, rng: torch.Generator) -> torch.Tensor:
        self.drawn = [*getattr(self, "drawn", []), super()._kernel(rng)]
        return self.drawn[-1]


def test_a_patch_is_the_same_part_of_the_whole_image_degraded() -> None:
    """The rim that is cut off again is wide enough: the patch knows nothing of where it was cut."""
    batches = _Whole(samples(scale=2)[:1], basis(), widths=(2.5, 3.0), patch=24, batch=2, seed=3)
    lr, hr = batches.batch(0)
    image = samples(scale=2)[0].hr
    for kernel, small, large in zip(batches.drawn, lr, hr, strict=True):
        found = 0
        for turned in (image.flip(dims) for dims in ((), (1,), (2,), (1, 2))):
            for upright in (turned, turned.transpose(1, 2)):
                places = (upright.unfold(1, 24, 2).unfold(2, 24, 2)[0] == large[0]).all((-1, -2)).nonzero()
                for top, left in places.tolist():
                    whole = quantise(imresize(apply_kernel(upright, kernel), 1 / 2))
                    part = whole[:, top : top + 12, left : left + 12]
                    found += float((part - small[:3]).abs().max()) < 1.5 / 255
        assert found >= 1


def test_without_a_blur_every_patch_is_told_the_code_of_a_single_pixel() -> None:
    batches = KnownDegradations(samples(scale=2), srmd_basis(), family="none", patch=24, batch=2, seed=1)
    lr, hr = batches.batch(0)
    assert torch.allclose(lr[0, 3:, 0, 0].double(), srmd_basis()[:, 112], atol=1e-6)  # the middle of 225
    assert torch.allclose(imresize(hr, 1 / 2)[..., 3:-3, 3:-3], lr[:, :3, 3:-3, 3:-3], atol=1 / 255)
    with pytest.raises(BadInput, match="'none'"):
        KnownDegradations(samples(scale=2), srmd_basis(), family="oval")  # type: ignore[arg-type]


def test_a_conditional_run_that_was_stopped_goes_on_as_if_it_had_not(tmp_path: Path) -> None:
    def parts() -> dict[str, object]:
        net, batches = prepare_conditional(samples(scale=2), net="srmd_small", patch=16, batch=2)
        return {"net": net, "pairs": batches}

    whole, half = parts(), parts()
    train(**whole, steps=4, patch=16, batch=2, progress=False)  # type: ignore[arg-type]
    halt = lambda state, outcome: setattr(state, "stop", "enough" if state.step == 2 else "")  # noqa: E731
    train(**half, steps=4, patch=16, batch=2, out=tmp_path / "run", callbacks=[halt], progress=False)  # type: ignore[arg-type]
    again = parts()
    resume(tmp_path / "run", **again, progress=False)  # type: ignore[arg-type]
    for one, other in zip(whole["net"].parameters(), again["net"].parameters(), strict=True):  # type: ignore[attr-defined]
        assert torch.equal(one, other)


def test_a_packed_network_hands_the_channels_behind_the_image_on() -> None:
    class Spy(torch.nn.Module):
        scale = 2

        def forward(self, lr: torch.Tensor, *, degradation: torch.Tensor) -> torch.Tensor:
            return lr.repeat_interleave(2, -1).repeat_interleave(2, -2) + degradation.mean()

    packed = torch.cat([torch.zeros(1, 3, 4, 4), torch.ones(1, 15, 4, 4)], dim=1)
    assert torch.equal(Packed(Spy())(packed), torch.ones(1, 3, 8, 8))


@pytest.mark.slow
@pytest.mark.shared
def test_a_small_conditional_network_learns_to_use_what_it_is_told() -> None:
    """General100 x2, a few hundred steps: on a wide blur, being told the truth beats being told there is none."""
    trained = train_conditional(
        shared("benchmarks/T91"), steps=250, batch=8, patch=32, arguments={"channels": 24, "depth": 6, "skip": True},
        widths=(0.4, 2.4), progress=False,
    )  # fmt: skip
    hr = samples(scale=2)[0].hr[:, :96, :96]
    found = mismatch(
        trained.net, [type(samples(scale=2)[0])("one", hr[:, ::2, ::2], hr)], basis=trained.basis, widths_lr=(1.8,),
        widths_sr=(0.5, 1.8),
    )  # fmt: skip
    assert float(found.psnr[0, 1] - found.psnr[0, 0]) > 0.3
    told = Told(trained.net, srmd_code(gaussian_widths(15, 1.8), trained.basis))
    assert evaluate(told, samples(scale=2)[:1]).mean.psnr > 10
