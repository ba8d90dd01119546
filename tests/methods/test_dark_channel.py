"""Dark-channel kernel estimation beside SciPy, scikit-image, NumPy, brute force, and kernels that are known."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.ndimage
import skimage.filters
import torch
from torch import Tensor

import srkit
from srkit.degrade import apply_kernel, gaussian_widths, motion, read_pool
from srkit.degrade.alignment import centre_of_mass, on_grid
from srkit.errors import BadInput, UnknownName
from srkit.methods import build_pool, estimate_kernel, kernel_psnr
from srkit.methods import dark_channel as steps
from srkit.methods.kernel_pool import textured_patches
from srkit.methods.kernel_score import covariance
from srkit.ops.pixels import quantise
from srkit.ops.resize import imresize


def noise(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def photo(number: int = 1, side: int = 112) -> Tensor:
    return srkit.datasets.samples(scale=2)[number].hr[:, :side, :side].contiguous()


def cosine(one: Tensor, other: Tensor) -> float:
    return float(torch.nn.functional.cosine_similarity(one.flatten(), other.flatten(), dim=0))


def test_a_transfer_function_blurs_as_scipy_does_round_the_edges() -> None:
    image, kernel = noise(12, 10), noise(5, 5, seed=1)
    ours = torch.fft.irfft2(torch.fft.rfft2(image) * steps.transfer(kernel, (12, 10)), s=(12, 10))
    np.testing.assert_allclose(ours, scipy.ndimage.convolve(image.numpy(), kernel.numpy(), mode="wrap"), atol=1e-12)


def test_dark_pixels_are_the_darkest_of_some_window_by_brute_force() -> None:
    image, reach = noise(17, 20), 2
    wanted = torch.zeros(17, 20, dtype=torch.bool)
    for row, column in itertools.product(range(17), range(20)):
        top, left = max(row - reach, 0), max(column - reach, 0)
        window = image[top : row + reach + 1, left : column + reach + 1]
        place = int(window.argmin())
        wanted[top + place // window.shape[1], left + place % window.shape[1]] = True
    inside = torch.zeros_like(wanted)
    inside[reach:-reach, reach:-reach] = True
    assert torch.equal(steps.dark_pixels(image, 5), wanted & inside)


def test_otsus_threshold_is_that_of_scikit_image() -> None:
    values = torch.cat([noise(500) * 0.3, 0.6 + 0.2 * noise(300, seed=1)])
    theirs = skimage.filters.threshold_otsu((values * 255).round().numpy().astype(np.uint8))
    assert abs(steps.otsu(values) - theirs / 255) <= 2 / 255


def test_salient_gradients_are_enough_of_every_direction_and_no_more() -> None:
    image = noise(60, 60)
    least = steps.salient_from(image, 5)
    down, across = np.diff(image.numpy(), axis=0)[:, :-1], np.diff(image.numpy(), axis=1)[:-1]
    quarter = np.floor((np.arctan(down / across) + math.pi / 2) / (math.pi / 4)).astype(int)
    strong = down**2 + across**2 >= least
    counts = [int(strong[quarter == one].sum()) for one in range(4)]
    assert min(counts) == 100, "20 for each pixel of the kernel's side, in the direction that has the fewest"
    kept = steps.salient(image, least)
    np.testing.assert_allclose(kept.numpy(), np.stack([across * strong, down * strong]))
    assert steps.salient(image, 1e9).any(), "a threshold nobody reaches is lowered"


def test_the_kernel_between_two_images_is_numpys_least_squares_solution() -> None:
    sharp, size, ridge = noise(2, 14, 15) - 0.5, 3, 0.7
    kernel = torch.tensor([[0.1, 0.2, 0.0], [0.0, 0.3, 0.1], [0.1, 0.1, 0.1]], dtype=torch.float64)
    blurred = torch.from_numpy(scipy.ndimage.convolve(sharp.numpy(), kernel.numpy()[None], mode="wrap"))
    columns = []
    for row, column in itertools.product(range(3), range(3)):
        columns.append(sharp.roll((row - 1, column - 1), (1, 2)).flatten().numpy())
    system = np.vstack([np.stack(columns, 1), math.sqrt(ridge) * np.eye(9)])
    theirs = np.linalg.lstsq(system, np.concatenate([blurred.flatten().numpy(), np.zeros(9)]), rcond=None)[0]
    theirs[theirs < 0.05 * theirs.max()] = 0
    ours = steps.kernel_between(sharp, blurred, size, ridge=ridge)
    np.testing.assert_allclose(ours.flatten().numpy(), theirs / theirs.sum(), atol=1e-6)
    np.testing.assert_allclose(steps.kernel_between(sharp, blurred, size, ridge=1e-9), kernel, atol=1e-4)


def test_small_islands_leave_a_kernel_and_the_rest_moves_to_the_middle() -> None:
    kernel = torch.zeros(7, 7, dtype=torch.float64)
    kernel[1, 1], kernel[2, 2], kernel[6, 6] = 0.5, 0.45, 0.05
    kept = steps.pruned(kernel)
    assert kept[6, 6] == 0
    assert kept[1, 1] == pytest.approx(0.5 / 0.95), "pixels that touch at a corner are one island"
    moved = steps.centred(kept)
    assert float(moved.sum()) == pytest.approx(1)
    assert all(abs(place - 3) <= 0.5 for place in centre_of_mass(moved))


def test_an_image_of_flat_pieces_is_found_again_when_its_kernel_is_known() -> None:
    image = torch.full((72, 72), 0.8, dtype=torch.float64)
    image[20:50, 15:40], image[10:18, 30:64], image[44:66, 50:60] = 0.0, 0.0, 0.4
    kernel = gaussian_widths(9, 1.5)
    blurred = torch.from_numpy(scipy.ndimage.convolve(image.numpy(), kernel.numpy(), mode="wrap"))

    def error(found: Tensor) -> float:
        return float((found - image).square().mean())

    assert error(steps.sharp_image(blurred, kernel, dark=1e-3, gradient=1e-3, window=5)) < 0.05 * error(blurred)
    few, none = (steps.sharp_image(blurred, kernel, dark=dark, gradient=4e-3, window=5) for dark in (4e-3, 1e-9))
    assert error(few) < 0.8 * error(none), "the dark-channel prior does its share"


@pytest.mark.parametrize(
    ("name", "make", "least"),
    [
        ("round", lambda: gaussian_widths(13, 1.5), 44),
        ("tilted", lambda: gaussian_widths(13, 2.4, 0.9, 0.6), 42),
        ("motion", lambda: torch.nn.functional.pad(motion(6, 30), (3, 3, 3, 3)), 36),
    ],
)
def test_known_kernels_are_recovered_from_photographs(name: str, make: Callable[[], Tensor], least: float) -> None:
    kernel = make()
    blurred = quantise(apply_kernel(photo(), kernel, by="convolution"))
    found = estimate_kernel(blurred, preset="LESSON")
    nothing = torch.zeros_like(on_grid(kernel, 13))
    nothing[6, 6] = 1
    assert kernel_psnr(found, kernel, size=13) > least > kernel_psnr(nothing, kernel, size=13) + 10
    assert cosine(on_grid(found, 13), on_grid(kernel, 13)) > 0.85 > cosine(nothing, on_grid(kernel, 13)) + 0.3
    assert float(found.sum()) == pytest.approx(1)
    assert float(found.min()) == 0


def test_a_lopsided_kernel_is_found_as_convolution_lays_it_on() -> None:
    kernel = torch.zeros(13, 13, dtype=torch.float64)
    kernel[6, 4], kernel[6, 5], kernel[6, 6:9] = 0.4, 0.3, 0.1
    found = estimate_kernel(quantise(apply_kernel(photo(), kernel, by="convolution")), preset="LESSON")
    right = cosine(on_grid(found, 13), on_grid(kernel, 13))
    assert right > cosine(on_grid(found, 13), on_grid(kernel.flip(0, 1), 13)) + 0.02


@pytest.mark.parametrize(
    ("image", "changes", "word"),
    [
        (torch.rand(3, 30, 200), {}, "at least 50 x 50|at least 37 x 37"),
        (torch.full((3, 64, 64), 0.5), {}, "no edge"),
        (torch.rand(3, 64, 64), {"size": 12}, "odd side"),
        (torch.rand(3, 64, 64), {"rounds": 0}, "round"),
        (torch.rand(3, 64, 64), {"growth": 1.0}, "growth"),
        (torch.rand(3, 64, 64), {"sise": 13}, "size"),
    ],
)
def test_what_cannot_be_estimated_is_explained(image: Tensor, changes: dict[str, Any], word: str) -> None:
    with pytest.raises(BadInput, match=word):
        estimate_kernel(image, preset="LESSON", **changes)
    with pytest.raises(UnknownName, match="LESSON"):
        estimate_kernel(image, preset="LESON")


def test_patches_are_taken_where_there_is_texture() -> None:
    half = torch.full((3, 64, 128), 0.5)
    half[:, :, 64:] = torch.rand(64, 64, generator=torch.Generator().manual_seed(0))
    (found,) = textured_patches(half, patch=64)
    assert torch.equal(found, half[:, :, 64:])
    assert len(textured_patches(half, patch=64, stride=16, share=0.25)) == 4, "16, 32, 48 and 64 pixels to the right"
    assert textured_patches(half, patch=64, deviation=0.5) == []
    with pytest.raises(BadInput, match="smaller patch=64"):
        textured_patches(half, patch=65)


def test_a_pool_is_built_of_enlarged_photographs_and_stored(tmp_path: Any) -> None:
    kernel = gaussian_widths(13, 1.6)
    small = quantise(imresize(apply_kernel(photo(side=96), kernel), 0.5))
    asked: list[int] = []
    pool = build_pool(
        [small, small], scale=2, patch=96, limit=1, preset="LESSON", rounds=2, out=tmp_path / "pool",
        progress=lambda done, total: asked.append(done),
    )  # fmt: skip
    assert pool.shape == (1, 13, 13)
    assert asked == [1]
    torch.testing.assert_close(read_pool(tmp_path / "pool"), pool, rtol=1e-12, atol=0)
    assert float(covariance(pool[0]).trace()) > 2.0, "as wide as a blur, not a delta"


def test_no_textured_patch_and_no_photograph_are_explained() -> None:
    with pytest.raises(BadInput, match=r"No photograph has a textured patch of 64 x 64.*smaller patch"):
        build_pool([torch.full((3, 64, 64), 0.5)], scale=1, patch=64)
    with pytest.raises(BadInput, match="larger photograph"):
        build_pool([torch.rand(3, 24, 24)], scale=2, patch=64)
