"""The mismatch matrix, with the authors' own weights and with an oracle whose answer is known."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import srkit
from srkit.degrade import gaussian_widths, pca_basis
from srkit.degrade.kernel_files import read_matrix
from srkit.errors import BadInput
from srkit.evaluation import Mismatch, mismatch
from srkit.evaluation.mismatch import Conditioned
from tests._shared import shared

WIDTHS = (0.5, 0.9, 1.3, 1.7)


def pair(image: Tensor) -> srkit.datasets.Pair:
    return srkit.datasets.Pair("one", image[:, ::2, ::2].contiguous(), image.contiguous())


class Oracle(nn.Module):
    """Loses as much as the first code differs from the one it was made for."""

    scale, n_codes = 2, 16

    def __init__(self, hr: Tensor, right: float) -> None:
        super().__init__()
        self.hr, self.right = hr, right

    def forward(self, lr: Tensor, *, degradation: Tensor) -> Tensor:
        assert degradation.shape == (1, 16)
        assert float(degradation[0, -1]) == 0  # the noise level that was added
        return self.hr[None] + 0.1 * (degradation[0, 0] - self.right).abs()


@pytest.mark.shared
def test_with_the_authors_weights_the_best_of_every_row_is_on_the_diagonal() -> None:
    net = srkit.models.load(shared("checkpoints/srmdnf_x2.bin"))
    basis = read_matrix(shared("benchmarks/kernels/srmd_pca_matlab.mat"), "P")
    hr = srkit.read(shared("benchmarks/Set5/butterfly.png"))[:, 40:136, 40:136]
    found = mismatch(net, [pair(hr)], basis=basis, widths_lr=WIDTHS)
    assert found.best == WIDTHS
    told_right = found.psnr.diagonal()
    assert bool((told_right > found.bicubic + 5).all())
    too_wide, too_narrow = found.psnr[0, 3], found.psnr[3, 0]
    assert float(told_right[0] - too_wide) > float(told_right[3] - too_narrow)  # ringing costs more than blur
    bicubic_assumed = found.psnr[:, 0]
    assert bool((told_right[1:] > bicubic_assumed[1:] + 2).all())  # at 0.9 to 1.7, told against not told


def test_the_matrix_says_which_width_was_best_and_prints_saves_and_draws_itself(tmp_path: Path) -> None:
    hr = srkit.datasets.samples(scale=2)[0].hr[:, :32, :32]
    basis = pca_basis(torch.stack([gaussian_widths(15, w) for w in torch.linspace(0.3, 3, 40).tolist()]))
    from srkit.degrade import srmd_code

    right = float(srmd_code(gaussian_widths(15, 1.3), basis)[0])
    found = mismatch(Oracle(hr, right), [pair(hr)], basis=basis, widths_lr=(1.3,), widths_sr=(0.5, 1.3, 2.0))
    assert found.best == (1.3,)
    small = srkit.ops.imresize(srkit.degrade.apply_kernel(hr, gaussian_widths(15, 1.3)), 0.5)
    large = srkit.ops.imresize(srkit.ops.quantise(small), 2).clamp(0, 1)
    bicubic = srkit.metrics.psnr(large, hr, protocol=srkit.Protocol.papers(2))
    assert found.bicubic.tolist() == pytest.approx([float(bicubic)], abs=1e-4)
    assert "sigma_LR" in str(found)
    assert "border 2" in found.title
    lines = found.to_csv(tmp_path / "m.csv").read_text().splitlines()
    assert len(lines) == 1 + 3 + 1
    figure = found.draw()
    figure.savefig(tmp_path / "m.png")
    assert srkit.read(tmp_path / "m.png").std() > 0.05


def test_an_image_one_field_reproduces_exactly_is_left_out_of_its_row_and_that_is_said() -> None:
    class Half(Oracle):
        """Exact on the first image where it is told right, wrong by a constant on the others."""

        def forward(self, lr: Tensor, *, degradation: Tensor) -> Tensor:
            sr = super().forward(lr, degradation=degradation)
            return sr if lr.mean() < 0.4 else sr * 0 + lr.mean() + 0.01

    images = [torch.full((3, 32, 32), 0.25), torch.full((3, 32, 32), 0.5)]
    basis = pca_basis(torch.stack([gaussian_widths(15, w) for w in torch.linspace(0.3, 3, 40).tolist()]))
    right = float(srkit.degrade.srmd_code(gaussian_widths(15, 1.3), basis)[0])
    noisy = images[1] + 0.05 * torch.randn(3, 32, 32, generator=torch.Generator().manual_seed(0))
    pairs = [pair(images[0]), pair(noisy)]
    found = mismatch(Half(images[0], right), pairs, basis=basis, widths_lr=(1.3,), widths_sr=(0.5, 1.3))
    alone = mismatch(Half(images[0], right), pairs[1:], basis=basis, widths_lr=(1.3,), widths_sr=(0.5, 1.3))
    assert torch.equal(found.psnr, alone.psnr)
    assert torch.equal(found.bicubic, alone.bicubic)
    assert "1 images without a difference in what is compared left out" in found.title
    assert "left out" not in alone.title


def test_what_stands_at_one_border_of_a_photograph_does_not_reach_the_opposite_one() -> None:
    torch.manual_seed(0)
    net = srkit.models.create("usrnet", scale=2, tiny=True).eval()
    lr = torch.rand(1, 3, 24, 24)
    other = torch.cat([lr[..., :-2], 1 - lr[..., -2:]], dim=-1)
    told = Conditioned.by(net, kernel=gaussian_widths(9, 1.5), noise=0.0)
    wrapped = Conditioned(net, {name: getattr(told, f"told_{name}") for name in told.names})
    with torch.no_grad():
        near, far = ((each(lr) - each(other))[..., :4].abs().max() for each in (wrapped, told))
    assert far < near / 100


def test_a_code_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(BadInput, match="takes 16 numbers"):
        Conditioned(Oracle(torch.zeros(3, 4, 4), 0.0), torch.zeros(7))
    with pytest.raises(BadInput, match="at least one"):
        mismatch(Oracle(torch.zeros(3, 4, 4), 0.0), [], basis=torch.eye(15, 225), widths_lr=())


def test_the_first_of_two_equal_columns_is_the_best() -> None:
    table = Mismatch((1.0,), (0.5, 1.0), torch.tensor([[3.0, 3.0]]), torch.zeros(1), "t")
    assert table.best == (0.5,)
