"""Pools of kernels, beside SciPy's reader and SciPy's convolution."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.io
import scipy.ndimage
import torch
from torch import Tensor

import srkit
from srkit.datasets.degraded import Chained
from srkit.degrade import gaussian_widths, parse, read_pool, save_pool
from srkit.degrade.pool import check_pool, pool_blur
from srkit.errors import BadFile, BadInput


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pool() -> Tensor:
    lopsided = torch.zeros(9, 9, dtype=torch.float64)
    lopsided[4, 4], lopsided[4, 5], lopsided[2, 1] = 0.5, 0.3, 0.2
    return torch.stack([lopsided, gaussian_widths(9, 1.0), gaussian_widths(9, 2.0, 0.8, 0.4)])


@pytest.mark.parametrize("name", ["pool", "pool.mat"])
def test_what_was_saved_is_read_again(tmp_path: Path, name: str) -> None:
    torch.testing.assert_close(read_pool(save_pool(tmp_path / name, pool())), pool(), rtol=1e-12, atol=0)


def test_scipy_reads_a_kernel_of_the_folder_as_the_authors_keep_theirs(tmp_path: Path) -> None:
    save_pool(tmp_path / "new" / "pool", pool())
    assert sorted(file.name for file in (tmp_path / "new" / "pool").iterdir()) == ["0.mat", "1.mat", "2.mat"]
    np.testing.assert_array_equal(scipy.io.loadmat(tmp_path / "new" / "pool" / "0.mat")["kernel"], pool()[0].numpy())


def test_ten_kernels_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    many = [gaussian_widths(5, 0.5 + 0.1 * number) for number in range(12)]
    torch.testing.assert_close(read_pool(save_pool(tmp_path / "many", many)), torch.stack(many), rtol=1e-12, atol=0)


def test_smaller_kernels_get_zeros_around_them() -> None:
    stack = check_pool([gaussian_widths(3, 1.0), gaussian_widths(7, 1.0)])
    assert stack.shape == (2, 7, 7)
    assert torch.equal(stack[0, 2:5, 2:5], gaussian_widths(3, 1.0))
    assert float(stack[0].sum()) == pytest.approx(1)


def test_each_image_is_convolved_with_one_kernel_of_the_pool(tmp_path: Path) -> None:
    path = save_pool(tmp_path / "pool.mat", pool())
    hr = torch.rand(12, 3, 20, 22, generator=rng(), dtype=torch.float64)
    chains = [parse(f'blur_pool("{path}")'), pool_blur(pool()), pool_blur(path)]
    ones = [chain(hr, rng=rng(1)) for chain in chains]
    torch.testing.assert_close(ones[0], ones[1], rtol=1e-12, atol=0)
    assert torch.equal(ones[0], ones[2])
    used = set()
    for image, blurred in zip(hr, ones[0], strict=True):
        made = [scipy.ndimage.convolve(image.numpy(), k.numpy()[None], mode="nearest") for k in pool()]
        off = [np.abs(one - blurred.numpy()).max() for one in made]
        assert min(off) < 1e-12
        used.add(int(np.argmin(off)))
    assert used == {0, 1, 2}


def test_a_pool_makes_training_patches(tmp_path: Path) -> None:
    path = save_pool(tmp_path / "pool", pool())
    chain = f'blur_pool("{path}") > down(2)'
    maker = Chained(chain)
    patches = srkit.datasets.Made.of(srkit.datasets.samples(scale=2), maker, patch=24, batch=3)
    lr, hr, _ = patches.batch(4)
    assert (lr.shape, hr.shape) == ((3, 3, 12, 12), (3, 3, 24, 24))
    assert torch.equal(lr, patches.batch(4)[0])
    net = srkit.models.create("espcn", scale=2, tiny=True)
    run = srkit.train(net, srkit.datasets.samples(scale=2), steps=2, batch=2, patch=24, degrade=chain, progress=False)
    assert run.steps == 2


def test_a_pool_that_cannot_blur_is_explained(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"holds no kernel.*build_pool"):
        check_pool([])
    with pytest.raises(BadInput, match=r"Kernel number 1 of the pool cannot blur: .* adds up to 0.5 .*kernel.sum"):
        check_pool([gaussian_widths(3, 1.0), gaussian_widths(3, 1.0) / 2])
    with pytest.raises(BadInput, match="number 0 of the pool has a negative value"):
        check_pool([torch.tensor([[0.0, 0, 0], [0, 1.2, -0.2], [0, 0, 0]])])
    with pytest.raises(BadInput, match=r"Kernel number 0 .* odd side"):
        check_pool([torch.full((2, 2), 0.25)])
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="empty holds no kernel"):
        read_pool(tmp_path / "empty")
    with pytest.raises(BadFile, match="There is no pool"):
        read_pool(tmp_path / "nowhere")
    save_pool(tmp_path / "full", pool())
    with pytest.raises(BadFile, match="already holds"):
        save_pool(tmp_path / "full", pool())
    (tmp_path / "file").write_text("x", "utf-8")
    with pytest.raises(BadFile, match="cannot be written"):
        save_pool(tmp_path / "file" / "pool", pool())
