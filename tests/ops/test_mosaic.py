"""Bayer mosaics and two demosaickers, beside SciPy's convolution, exact cases, and the paper's comparison."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.ndimage
import torch

import srkit
from srkit.errors import BadInput
from srkit.ops.mosaic import PATTERNS, bayer_masks, demosaic_bilinear, demosaic_malvar, mosaic

IMAGE = torch.rand(2, 3, 12, 14, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
BOTH = (demosaic_bilinear, demosaic_malvar)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pixel_sees_one_colour_and_half_of_them_green(pattern: str) -> None:
    masks = bayer_masks(6, 8, pattern=pattern)
    assert masks.sum(0).eq(1).all()
    assert masks.sum((1, 2)).tolist() == [12, 24, 12]
    assert "".join("rgb"[masks[:, y, x].argmax()] for y in (0, 1) for x in (0, 1)) == pattern


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("demosaic", BOTH)
def test_what_the_sensor_saw_stays_and_a_grey_plane_is_exact(pattern: str, demosaic) -> None:
    raw = mosaic(IMAGE, pattern=pattern)
    found = demosaic(raw, pattern=pattern)
    seen = bayer_masks(12, 14, pattern=pattern).bool().expand_as(IMAGE)
    torch.testing.assert_close(found[seen], IMAGE[seen])
    y, x = torch.arange(12.0)[:, None], torch.arange(14.0)[None, :]
    plane = (0.1 + 0.02 * y + 0.03 * x).double().expand(3, 12, 14)
    torch.testing.assert_close(
        demosaic(mosaic(plane, pattern=pattern), pattern=pattern)[:, 2:-2, 2:-2], plane[:, 2:-2, 2:-2]
    )


@pytest.mark.parametrize("demosaic", BOTH)
def test_flat_colours_are_exact_up_to_the_border(demosaic) -> None:
    flat = torch.tensor([0.2, 0.5, 0.9]).view(3, 1, 1).expand(3, 9, 11)
    torch.testing.assert_close(demosaic(mosaic(flat)), flat)


def test_bilinear_is_scipys_convolution_of_each_masked_channel() -> None:
    raw = mosaic(IMAGE)[0].numpy()
    cross, square = np.array([[0, 1, 0], [1, 4, 1], [0, 1, 0]]) / 4, np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 4
    expected = [scipy.ndimage.convolve(raw[c], cross if c == 1 else square, mode="mirror") for c in range(3)]
    np.testing.assert_allclose(demosaic_bilinear(mosaic(IMAGE))[0].numpy(), np.stack(expected), atol=1e-12)


@pytest.mark.parametrize("pattern", PATTERNS)
def test_without_a_mirror_the_mean_is_over_the_neighbours_there_are(pattern: str) -> None:
    seen = bayer_masks(6, 7, pattern=pattern).bool()
    raw = mosaic(IMAGE[0, :, :6, :7], pattern=pattern)
    found = demosaic_bilinear(raw, pattern=pattern, border="zeros")
    weights = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]])
    for c, y, x in np.ndindex(3, 6, 7):
        near = [(v, u) for v in range(max(y - 1, 0), min(y + 2, 6)) for u in range(max(x - 1, 0), min(x + 2, 7))]
        near = [(y, x)] if seen[c, y, x] else [(v, u) for v, u in near if seen[c, v, u]]
        shares = [weights[v - y + 1, u - x + 1] for v, u in near]
        expected = np.average([float(raw[c, v, u]) for v, u in near], weights=shares)
        assert float(found[c, y, x]) == pytest.approx(expected, abs=1e-12)


def test_malvars_filters_are_those_of_its_figure() -> None:
    """One bright pixel of the sensor shows the numbers of figure 2, here in sixteenths."""
    red, green = torch.zeros(2, 3, 12, 12, dtype=torch.float64)
    red[0, 4, 4] = green[1, 4, 5] = 16  # in the pattern rggb, (4, 4) sees red and (4, 5) green
    found = {
        channel: {(int(y), int(x)): float(values[y, x]) for y, x in values.nonzero()}
        for channel, values in zip("rgb", demosaic_malvar(red), strict=True)
    }
    assert found["g"] == {(4, 4): 8, (2, 4): -2, (6, 4): -2, (4, 2): -2, (4, 6): -2}
    assert found["b"] == {(4, 4): 12, (2, 4): -3, (6, 4): -3, (4, 2): -3, (4, 6): -3}
    beside = {(4, 3): 8, (4, 5): 8, (3, 4): 8, (5, 4): 8}
    assert found["r"] == {(4, 4): 16, **beside, (3, 3): 4, (3, 5): 4, (5, 3): 4, (5, 5): 4}
    red_of_green = demosaic_malvar(green)[0]
    assert red_of_green[4, 5] == 10
    assert red_of_green[4, 3] == red_of_green[4, 7] == -2
    assert red_of_green[2, 5] == red_of_green[6, 5] == 1
    assert red_of_green[3, 4] == red_of_green[5, 6] == -2


def test_malvar_is_decibels_better_than_bilinear_on_photographs() -> None:
    gains = []
    for pair in srkit.datasets.samples(scale=2):
        raw = mosaic(pair.hr)
        gains.append(
            float(
                srkit.metrics.psnr(demosaic_malvar(raw), pair.hr) - srkit.metrics.psnr(demosaic_bilinear(raw), pair.hr)
            )
        )
    assert min(gains) > 1, gains


def test_a_mosaic_is_a_degradation_a_formula_can_name() -> None:
    degrade = srkit.degrade.parse("down(2) > mosaic(pattern=gbrg)")
    hr = torch.rand(1, 3, 16, 16)
    lr = degrade(hr)
    masks = bayer_masks(8, 8, pattern="gbrg").bool()
    assert lr.shape == (1, 3, 8, 8)
    assert lr[:, ~masks].eq(0).all()


def test_what_is_not_an_image_or_not_bayers_is_refused() -> None:
    with pytest.raises(BadInput, match="rggb, bggr, grbg, gbrg"):
        mosaic(IMAGE, pattern="rgbg")
    with pytest.raises(BadInput, match="RGB image"):
        demosaic_malvar(torch.zeros(1, 8, 8))
