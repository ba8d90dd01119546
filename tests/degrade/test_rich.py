"""BSRGAN's and Real-ESRGAN's chains by counting, SRMD's codes beside the authors' matrix, and kernels from files."""

from __future__ import annotations

import math
import sys
from collections import Counter
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.interpolate
import scipy.io
import scipy.linalg
import torch

import srkit
from benchmarks import chains
from srkit.degrade import bsrgan as bsrgan_step
from srkit.degrade import (
    draw,
    gaussian_widths,
    parse,
    pca_basis,
    random_srmd_kernels,
    read_kernel,
    real_esrgan,
    srmd_basis,
    srmd_code,
    srmd_maps,
)
from srkit.degrade.bsrgan import bsrgan_order
from srkit.degrade.kernel_files import read_kernels, read_matrix
from srkit.degrade.noise import random_covariance
from srkit.degrade.pca import column_major
from srkit.degrade.real_esrgan import FIRST, kernel_for
from srkit.errors import BadFile, BadInput
from tests._shared import shared

bsrgan_module, real_esrgan_module = (sys.modules[f"srkit.degrade.{name}"] for name in ("bsrgan", "real_esrgan"))


def rng(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def photo() -> torch.Tensor:
    return srkit.datasets.samples(scale=2)[0].hr[:, :128, :128]


def test_the_last_resize_never_comes_before_the_random_one_and_every_order_occurs() -> None:
    generator = rng()
    orders = Counter(tuple(bsrgan_order(generator)) for _ in range(3000))
    assert all(order.index("shrink") < order.index("fit") for order in orders)
    assert len(orders) > 950  # 1,260 told apart, because the two blurs look the same
    first = Counter(order[0] for order in orders.elements())
    assert first["shrink"] / 3000 == pytest.approx(2 / 7, abs=0.03)  # the swap brings it forward
    assert first["fit"] == 0


def test_bsrgans_chain_has_the_published_probabilities(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: Counter[float] = Counter()
    real = draw.chance

    def count(generator: torch.Generator, probability: float) -> bool:
        asked[probability] += 1
        return real(generator, probability)

    monkeypatch.setattr(draw, "chance", count)
    generator = rng()
    for _ in range(20):
        bsrgan_step(photo()[None, :, :32, :32], 4, rng=generator)
    assert asked[0.9] == 20  # the inner JPEG
    assert asked[0.75] == 20  # the random resize
    assert asked[0.5] >= 40  # which blur, twice
    assert asked[0.25] == 40  # the halving, and the sensor


def test_bsrgans_images_have_the_size_the_range_and_the_quality_of_the_authors_program() -> None:
    """The authors' program gave 20.5 dB on average (16.8 to 27.3) on another picture."""
    clean = srkit.ops.imresize(photo(), 1 / 4)
    values = []
    for seed in range(25):
        bad = parse("bsrgan(4)")(photo(), rng=rng(seed))
        assert bad.shape == (3, 32, 32)
        assert 0 <= float(bad.min()) <= float(bad.max()) <= 1
        values.append(float(-10 * (bad - clean).square().mean().log10()))
    assert 17 < np.mean(values) < 28
    assert np.std(values) > 1
    assert torch.equal(parse("bsrgan(4)")(photo(), rng=rng(3)), parse("bsrgan(4)")(photo(), rng=rng(3)))


PROGRAM = {  # what python -m benchmarks chains --peers DIR printed of the programs: 300 draws of five pictures
    "bsrgan": ((21.554, 4.053), (2.859, 4.681), (7.917, 5.714)),
    "bsrgan_plus": ((23.933, 4.002), (3.756, 3.909), (10.294, 5.210)),
    "real_esrgan": ((23.438, 2.944), (3.847, 3.451), (11.754, 4.947)),
}
"""Mean and standard deviation of PSNR to the bicubic reduction, of noise and of gradient, both in 8-bit levels."""


@pytest.mark.parametrize("name", list(PROGRAM))
def test_whole_chains_are_distributed_like_those_of_the_authors_program(name: str) -> None:
    draws = 60
    found = chains.looks(chains.ours(name), draws)
    for values, (mean, spread) in zip(found.T, PROGRAM[name], strict=True):
        assert float(values.mean()) == pytest.approx(mean, abs=3 * spread / draws**0.5)
        assert float(values.std()) == pytest.approx(spread, rel=0.5)


def correlations(covariances: list[np.ndarray]) -> np.ndarray:
    """Return the correlations of the three pairs of channels, ``(3 * n,)``."""
    scaled = [one / np.sqrt(np.outer(one.diagonal(), one.diagonal())) for one in covariances]
    return np.concatenate([one[np.triu_indices(3, 1)] for one in scaled])


def test_correlated_noise_makes_channels_go_together_as_in_the_authors_program() -> None:
    numbers, theirs, generator = np.random.default_rng(0), [], rng(4)
    for _ in range(500):  # the program's lines, by SciPy
        basis = scipy.linalg.orth(numbers.random((3, 3)))
        theirs.append(np.abs(basis.T @ np.diag(numbers.random(3)) @ basis))
    ours = correlations([random_covariance(generator).numpy() for _ in range(500)])
    expected = correlations(theirs)
    assert ours.mean() == pytest.approx(expected.mean(), abs=0.03)
    assert ours.std() == pytest.approx(expected.std(), rel=0.1)
    assert ours.min() >= 0


@pytest.mark.parametrize(("factor", "width"), [(2, 0.4), (4, 1.3)])
def test_the_moved_kernel_is_scipys_linear_interpolation(factor: int, width: float) -> None:
    kernel = gaussian_widths(25, width)
    places, by = np.arange(25.0), (factor - 1) / 2
    linear = scipy.interpolate.RectBivariateSpline(places, places, kernel.numpy(), kx=1, ky=1)
    at = (places + by).clip(0, 24)
    expected = linear(at, at)
    ours = bsrgan_module._moved(kernel, by)
    assert np.allclose(ours.numpy(), expected / expected.sum(), atol=1e-12)


def test_bsrgan_plus_keeps_its_two_rounds_apart_where_it_does_not_shuffle(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    real = bsrgan_module._do_plus
    monkeypatch.setattr(bsrgan_module, "_do_plus", lambda step, *rest: done.append(step) or real(step, *rest))
    image = photo()[None, :, :48, :48]
    first: Counter[str] = Counter()
    for seed in range(12):
        done.clear()
        assert bsrgan_module.bsrgan_plus(image, 4, shuffle=0, rng=rng(seed)).shape == (1, 3, 12, 12)
        assert done[:2] == done[6:8] == ["blur", "resize"]
        assert sorted(done[2:6]) == sorted(done[8:]) == ["noise", "poisson", "sensor", "speckle"]
        first[done[2]] += 1
    assert len(first) == 4
    done.clear()
    for seed in range(6):
        bsrgan_module.bsrgan_plus(image, 4, shuffle=1, rng=rng(seed))
    assert {tuple(done[n : n + 2]) for n in range(0, 72, 12)} != {("blur", "resize")}
    with pytest.raises(BadInput, match="whole scale"):
        bsrgan_module.bsrgan_plus(image, 1.5, rng=rng())


def test_real_esrgans_images_differ_and_its_kernels_come_in_the_published_shares() -> None:
    bad = [real_esrgan(photo()[None], 4, rng=rng(seed)) for seed in range(4)]
    assert all(image.shape == (1, 3, 32, 32) for image in bad)
    assert len({float(image.mean()) for image in bad}) == 4
    generator = rng(1)
    kernels = [kernel_for(FIRST, generator) for _ in range(400)]
    assert all(abs(float(kernel.sum()) - 1) < 1e-9 for kernel in kernels)
    assert {len(kernel) for kernel in kernels} == set(range(7, 22, 2))
    ringing = sum(bool((kernel < -1e-4).any()) for kernel in kernels) / 400
    assert ringing == pytest.approx(0.1, abs=0.04)  # only sinc filters have negative taps
    turned = sum(not torch.allclose(kernel, kernel.T, atol=1e-6) for kernel in kernels) / 400
    assert turned == pytest.approx(0.9 * 0.31, abs=0.07)  # anisotropic ones


def test_the_widths_of_bsrgans_round_blurs_and_the_cutoffs_of_real_esrgans_ringing_lie_in_the_published_ranges(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    widths: list[float] = []
    monkeypatch.setattr(
        bsrgan_module, "gaussian_widths", lambda size, width: widths.append(width) or gaussian_widths(3, 1)
    )
    generator = rng(2)
    for _ in range(200):
        bsrgan_module._blur(torch.zeros(1, 3, 26, 26), 4, generator)
    assert 2.5 < max(widths) <= 2 + 0.2 * 4
    cutoffs: dict[bool, list[float]] = {True: [], False: []}
    monkeypatch.setattr(real_esrgan_module, "sinc", lambda size, cutoff: cutoffs[size < 13].append(cutoff))
    for _ in range(1500):
        kernel_for(FIRST, generator)
    assert math.pi / 3 <= min(cutoffs[True]) < max(cutoffs[True]) <= math.pi
    assert math.pi / 5 <= min(cutoffs[False]) < math.pi / 4


def test_a_kernel_is_read_column_by_column_as_matlab_does() -> None:
    kernel = torch.arange(9.0).reshape(3, 3)
    assert column_major(kernel).tolist() == kernel.numpy().flatten("F").tolist()
    assert column_major(kernel).tolist() != kernel.flatten().tolist()


def test_our_basis_is_orthonormal_and_keeps_nearly_all_of_a_kernel() -> None:
    basis = pca_basis(random_srmd_kernels(1500, rng()))
    assert basis.shape == (15, 225)
    assert torch.allclose(basis @ basis.T, torch.eye(15, dtype=torch.float64), atol=1e-10)
    fresh = column_major(random_srmd_kernels(200, rng(1)))
    kept = (fresh @ basis.T).square().sum(1) / fresh.square().sum(1)
    assert float(kept.mean()) > 0.995


CODE = (
    *(0.1904973, -0.0984479, 0.0191188, -0.0183021, 0.0030819, -0.0106895, 0.0029847, -0.0015579),
    *(-0.003233, 0.0152073, -0.000754, 0.0021969, -0.0001591, -1.68e-05, 0.0002733),
)
"""What srkit's SRMD weights are told of a round Gaussian of width 1.3, as it was when they were trained."""


def test_the_codes_of_our_own_weights_are_the_same_on_every_machine() -> None:
    """The recorded code was made when the weights were trained; an eigenvector that turns round would change a sign."""
    code = srmd_code(gaussian_widths(15, 1.3), srmd_basis())
    assert code.tolist() == pytest.approx(CODE, abs=1e-6)
    side = srmd_basis() @ torch.arange(225.0, dtype=torch.float64).cos()
    assert float(side.min()) > 1e-4  # none is so undecided that rounding could turn it


def test_a_basis_that_was_changed_is_made_anew_for_the_next() -> None:
    srmd_basis(components=2, size=5).zero_()
    assert float(srmd_basis(components=2, size=5).norm()) == pytest.approx(2**0.5)


@pytest.mark.shared
def test_our_basis_spans_what_the_authors_matrix_spans() -> None:
    theirs = read_matrix(shared("benchmarks/kernels/srmd_pca_matlab.mat"), "P")
    assert theirs.shape == (15, 225)
    assert float((theirs @ theirs.T - torch.eye(15, dtype=torch.float64)).abs().max()) < 1e-6
    fresh = column_major(random_srmd_kernels(200, rng(1)))
    lost = 1 - (fresh @ theirs.T).square().sum(1) / fresh.square().sum(1)
    assert float(lost.mean()) == pytest.approx(0.0029, abs=0.0015)
    assert float(lost.quantile(0.95)) < 0.02
    ours = pca_basis(random_srmd_kernels(3000, rng()))
    cosines = torch.linalg.svdvals(ours[:5] @ theirs.T)
    assert float(cosines.min()) > 0.95  # the strongest directions lie within theirs; the weak ones hang on the ranges


def test_codes_become_constant_maps_with_the_noise_level_last() -> None:
    basis = pca_basis(random_srmd_kernels(300, rng()))
    code = srmd_code(random_srmd_kernels(2, rng(2)), basis)
    maps = srmd_maps(code, (4, 5), sigma=torch.tensor([0.0, 51.0]))
    assert maps.shape == (2, 16, 4, 5)
    assert torch.equal(maps[1, :15, 3, 4], code[1])
    assert maps[:, 15, 0, 0].tolist() == pytest.approx([0.0, 0.2])
    assert srmd_maps(code[0], (4, 5)).shape == (1, 15, 4, 5)
    with pytest.raises(BadInput, match="15 x 15"):
        srmd_code(gaussian_widths(11, 1.0), basis)
    with pytest.raises(BadInput, match="basis of 15"):
        pca_basis(random_srmd_kernels(3, rng()))


@pytest.mark.shared
def test_kernels_come_out_of_matlab_files_old_and_new() -> None:
    twelve = read_kernels(shared("benchmarks/kernels/kernels_12.mat"))
    assert len(twelve) == 12
    levin = read_kernels(shared("benchmarks/kernels/Levin09.mat"))  # version 7.3, HDF5
    assert [len(kernel) for kernel in levin] == [19, 17, 15, 27, 13, 21, 23, 23]
    assert all(abs(float(kernel.sum()) - 1) < 1e-12 for kernel in (*twelve, *levin))
    charlie = read_kernel(shared("benchmarks/ZSSR_examples/real_example/charlie_0.mat"))
    assert float(charlie.sum()) == pytest.approx(1)  # the file says 0.9999


def test_a_matrix_written_as_version_7_3_is_not_transposed_on_the_way(tmp_path: Path) -> None:
    kernel = gaussian_widths(9, 2.0, 0.8, 0.4).numpy()
    kernel[0, 1] += 0.1
    kernel /= kernel.sum()
    scipy.io.savemat(tmp_path / "old.mat", {"Kernel": kernel})
    with h5py.File(tmp_path / "new.mat", "w") as file:
        file["Kernel"] = kernel.T  # MATLAB writes the axes in reverse order
    assert torch.allclose(read_kernel(tmp_path / "old.mat"), torch.from_numpy(kernel))
    assert torch.allclose(read_kernel(tmp_path / "new.mat"), torch.from_numpy(kernel))
    blurred = parse(f'blur_file("{tmp_path / "old.mat"}")')(photo())
    assert torch.allclose(blurred, srkit.degrade.apply_kernel(photo(), torch.from_numpy(kernel)))


def test_files_without_a_kernel_say_what_they_hold(tmp_path: Path) -> None:
    scipy.io.savemat(tmp_path / "two.mat", {"A": np.eye(3), "B": np.ones((2, 2))})
    with pytest.raises(BadFile, match=r"It holds: A, B. Keep"):
        read_kernel(tmp_path / "two.mat")
    with pytest.raises(BadFile, match=r"no matrix called 'Kernel'; it holds: A, B"):
        read_kernel(tmp_path / "two.mat", key="Kernel")
    with pytest.raises(BadFile, match="adds up to 3"):
        read_kernel(tmp_path / "two.mat", key="A")
    scipy.io.savemat(tmp_path / "wide.mat", {"Kernel": np.ones((2, 3)) / 6})
    with pytest.raises(BadFile, match="not a square"):
        read_kernel(tmp_path / "wide.mat")
    (tmp_path / "no.mat").write_text("this is no MATLAB file")
    with pytest.raises(BadFile, match="no MATLAB file"):
        read_kernel(tmp_path / "no.mat")
    scipy.io.savemat(tmp_path / "one.mat", {"k": np.eye(3) / 3})
    with pytest.raises(BadInput, match="number 4"):
        read_kernel(tmp_path / "one.mat", index=4)
