from __future__ import annotations

import numpy as np
import pytest
import torch

from srkit.datasets import load
from srkit.datasets.synthetic import charts, checkerboard, colour_ramps, siemens_star, slanted_edge, zone_plate
from srkit.errors import BadInput


@pytest.mark.parametrize("chart", [zone_plate, slanted_edge, checkerboard, siemens_star, colour_ramps])
@pytest.mark.parametrize("size", [8, 63, 100])
def test_charts_are_images_of_the_asked_size_and_the_same_each_time(chart: object, size: int) -> None:
    image = chart(size)  # type: ignore[operator]
    assert image.shape == (3, size, size)
    assert image.dtype == torch.float32
    assert image.min() >= 0
    assert image.max() <= 1
    assert torch.equal(image, chart(size))  # type: ignore[operator]
    with pytest.raises(BadInput, match="at least 8"):
        chart(7)  # type: ignore[operator]


def test_the_zone_plate_reaches_half_a_cycle_per_pixel_at_the_middle_of_its_sides() -> None:
    row = zone_plate(256)[0, 128].numpy().astype(np.float64)
    for start, expected in ((128 + 28, 44 / 256), (128 + 48, 64 / 256), (128 + 92, 108 / 256)):
        window = (row[start : start + 32] - 0.5) * np.hanning(32)
        spectrum = np.abs(np.fft.rfft(window, 1024))
        assert spectrum.argmax() / 1024 == pytest.approx(expected, abs=0.01)


def test_the_slanted_edge_leans_by_the_angle_asked_for() -> None:
    image = slanted_edge(200, degrees=5)[0].double().numpy()
    crossing = ((0.9 - image) / 0.8).sum(axis=1)  # the dark part of each row, in pixels
    slope = np.polyfit(np.arange(200), crossing, 1)[0]
    assert np.degrees(np.arctan(slope)) == pytest.approx(-5, abs=0.05)


def test_the_checkerboard_has_squares_of_the_sides_asked_for() -> None:
    image = checkerboard(48, squares=(8, 2))[0].numpy()
    for row, side in ((0, 8), (47, 2)):
        changes = np.flatnonzero(np.diff(image[row])) + 1
        assert changes.tolist() == list(range(side, 48, side))
    with pytest.raises(BadInput, match="squares"):
        checkerboard(48, squares=(0,))


def test_the_star_has_as_many_spokes_as_asked_for() -> None:
    image = siemens_star(200, spokes=12)[0].numpy()
    angles = np.linspace(0, 2 * np.pi, 2000, endpoint=False) + 0.01
    y, x = (100 + 90 * np.sin(angles)).astype(int), (100 + 90 * np.cos(angles)).astype(int)
    ring = image[y, x] > 0.5
    assert (ring != np.roll(ring, 1)).sum() == 24


def test_the_ramps_show_each_colour_from_dark_to_full() -> None:
    image = colour_ramps(70)
    expected = [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 1, 1], [1, 0, 1], [1, 1, 0], [1, 1, 1]]
    assert image[:, 5::10, -1].T.tolist() == expected
    assert torch.equal(image[:, :, 0], torch.zeros(3, 70))


def test_the_charts_are_a_data_set_in_memory() -> None:
    pairs = load("charts", scale=3)
    assert pairs.names == ("zone_plate", "slanted_edge", "checkerboard", "siemens_star", "colour_ramps")
    assert all(pair.hr.shape[-1] == 3 * pair.lr.shape[-1] for pair in pairs)
    assert charts(scale=4, size=50)[0].hr.shape == (3, 48, 48)
