"""The browser's arithmetic against srkit, numpy and the truth."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from srkit.metrics import Protocol, psnr, ssim
from srkit.metrics.protocol import planes
from srkit.ops.statistics import ssim_map
from srkit.widgets._static import core_script
from tests.browser.conftest import Tab

pytestmark = pytest.mark.browser

NAMES = (
    "lumaPlane, planesOf, psnrOf, ssimOfPlanes, ssimMap, finish, profile, histogram, spectrum, gaussian, colourTable"
)


@pytest.fixture
def numbers(tab: Tab) -> Tab:
    tab.page.goto("about:blank")
    tab.page.evaluate(f"(() => {{ {core_script()}\nObject.assign(window, {{ {NAMES} }}); }})()")
    return tab


def pictures(height: int, width: int, seed: int, noise: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 256, (height, width, 3))
    result = np.clip(truth + rng.integers(-noise, noise + 1, truth.shape), 0, 255)
    return result.astype(np.uint8), truth.astype(np.uint8)


def rgba(picture: NDArray[np.uint8]) -> dict[str, Any]:
    alpha = np.full((*picture.shape[:2], 1), 255, dtype=np.uint8)
    data = np.concatenate([picture, alpha], axis=2).reshape(-1).tolist()
    return {"width": picture.shape[1], "height": picture.shape[0], "data": data}


MEASURE = """([a, b, channel, roundY]) => {
  const planes = [a, b].map((pixels) => planesOf(pixels, channel, roundY));
  return [psnrOf(...planes), finish(ssimOfPlanes(...planes, a.width, a.height))];
}"""


@pytest.mark.parametrize(("channel", "round_y"), [("y", False), ("y", True), ("rgb", False)])
@pytest.mark.parametrize(("height", "width", "noise"), [(11, 11, 3), (24, 40, 1), (37, 23, 60)])
def test_psnr_and_ssim_equal_srkit_to_the_last_digit(
    numbers: Tab, channel: Any, round_y: bool, height: int, width: int, noise: int
) -> None:
    result, truth = pictures(height, width, seed=height, noise=noise)
    tensors = [torch.from_numpy(x).permute(2, 0, 1).double() / 255 for x in (result, truth)]
    protocol = Protocol(channel=channel, round_y=round_y)
    found = numbers.page.evaluate(MEASURE, [rgba(result), rgba(truth), channel, round_y])
    assert found[0] == pytest.approx(psnr(*tensors, protocol=protocol), rel=1e-13)
    assert found[1] == pytest.approx(ssim(*tensors, protocol=protocol), rel=1e-12)


@pytest.mark.parametrize("channel", ["y", "rgb"])
def test_the_ssim_map_is_srkits_with_nothing_where_no_window_fits(numbers: Tab, channel: Any) -> None:
    result, truth = pictures(19, 26, seed=7, noise=20)
    draw = """([a, b, channel]) => {
      const map = new Float64Array(a.width * a.height);
      finish(ssimMap(planesOf(a, channel), planesOf(b, channel), a.width, a.height, map));
      return Array.from(map, (value) => Number.isNaN(value) ? null : value);
    }"""
    found = np.array(numbers.page.evaluate(draw, [rgba(result), rgba(truth), channel]), dtype=float).reshape(19, 26)
    protocol = Protocol(channel=channel)
    tensors = [torch.from_numpy(x).permute(2, 0, 1).double() / 255 for x in (result, truth)]
    ours, theirs = (planes(tensor[None], protocol) for tensor in tensors)
    expected = ssim_map(ours, theirs, window=11, peak=255.0)[0].mean(dim=0).numpy()
    assert np.abs(found[5:-5, 5:-5] - expected).max() < 1e-12
    assert np.isnan(found).sum() == 19 * 26 - 9 * 16
    assert np.nanmean(found) == pytest.approx(ssim(*tensors, protocol=protocol), rel=1e-12)


def test_grey_pictures_as_stored_are_compared_on_their_own_levels(numbers: Tab) -> None:
    result, truth = (np.repeat(x[..., :1], 3, axis=2) for x in pictures(20, 20, 1, 9))
    tensors = [torch.from_numpy(x[..., 0].copy())[None].double() / 255 for x in (result, truth)]
    found = numbers.page.evaluate(MEASURE, [rgba(result), rgba(truth), "grey", False])
    assert found[0] == pytest.approx(psnr(*tensors, protocol=Protocol(grey_as_stored=True)), rel=1e-13)


def test_identical_pictures_give_infinity_and_one(numbers: Tab) -> None:
    _, truth = pictures(16, 16, 2, 1)
    found = numbers.page.evaluate(f"(x) => ({MEASURE})(x).map(String)", [rgba(truth), rgba(truth), "y", False])
    assert found[0] == "Infinity"
    assert float(found[1]) == pytest.approx(1, abs=1e-12)


def test_a_picture_smaller_than_the_window_has_no_ssim(numbers: Tab) -> None:
    result, truth = pictures(10, 30, 3, 5)
    found = numbers.page.evaluate(f"(x) => String(({MEASURE})(x)[1])", [rgba(result), rgba(truth), "y", False])
    assert found == "NaN"


@pytest.mark.parametrize("n", [4, 16, 32])
def test_the_spectrum_is_numpys_fourier_transform_under_a_hann_window(numbers: Tab, n: int) -> None:
    plane = np.random.default_rng(n).uniform(16, 235, (n, n))
    window = 0.5 - 0.5 * np.cos(2 * np.pi * (np.arange(n) + 0.5) / n)
    transform = np.fft.fftshift(np.fft.fft2((plane - plane.mean()) * np.outer(window, window)))
    expected = 20 * np.log10(np.maximum(np.abs(transform) / n**2, 1e-6))
    script = "([plane, n]) => Array.from(spectrum(Float64Array.from(plane), n))"
    found = np.array(numbers.page.evaluate(script, [plane.reshape(-1).tolist(), n])).reshape(n, n)
    assert np.abs(found - expected).max() < 1e-6


def test_the_histogram_counts_rounded_levels_and_sums_to_one(numbers: Tab) -> None:
    plane = np.random.default_rng(5).uniform(10, 240, 500)
    expected = np.bincount(np.floor(plane + 0.5).astype(int), minlength=256) / plane.size
    found = np.array(numbers.page.evaluate("(plane) => histogram(Float64Array.from(plane))", plane.tolist()))
    assert np.abs(found - expected).max() < 1e-12


def test_a_profile_reads_the_pixels_under_the_line_from_end_to_end(numbers: Tab) -> None:
    plane = np.arange(8 * 12, dtype=float).reshape(8, 12)
    script = "([plane, line]) => profile(Float64Array.from(plane), 12, 8, line)"
    across = numbers.page.evaluate(script, [plane.reshape(-1).tolist(), [2.5, 3.5, 9.5, 3.5]])
    assert across == plane[3, 2:10].tolist()
    down = numbers.page.evaluate(script, [plane.reshape(-1).tolist(), [4.5, 0.5, 4.5, 7.5]])
    assert down == plane[:, 4].tolist()


def test_the_colours_of_the_maps_are_those_of_python(numbers: Tab) -> None:
    from srkit.ops.colours import DIVERGING, SEQUENTIAL, painted

    for anchors in (DIVERGING, SEQUENTIAL):
        found = numbers.page.evaluate("(anchors) => Array.from(colourTable(anchors))", [list(a) for a in anchors])
        table = np.array(found).reshape(1024, 4)
        assert (table[:, :3] == painted(np.arange(1024) / 1023, anchors)).all()
        assert (table[:, 3] == 255).all()
