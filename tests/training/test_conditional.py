"""SRMD's recipe on the ordinary loop: the codes belong to the kernel, and telling them pays."""

from __future__ import annotations

import pytest
import torch

from srkit.datasets import samples
from srkit.degrade import gaussian_widths, pca_basis, srmd_code
from srkit.evaluation import Told, evaluate, mismatch
from srkit.training import KnownDegradations, Packed, train_conditional
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
        shared("benchmarks/T91"), steps=250, batch=8, patch=32, arguments={"channels": 24, "depth": 6},
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
